//! The kernels by name.

use super::Element;

/// Declares the kernels with the names of the functions in `kernels/`. The `stored` kernels, which read or write maps,
/// have a second form for bf16, whose name ends with `_bf16`.
macro_rules! kernels {
    (plain { $($plain:ident = $plain_name:literal,)+ } stored { $($stored:ident = $stored_name:literal,)+ }) => {
        /// A kernel.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Kernel { $($plain,)+ $($stored,)+ }

        impl Kernel {
            /// The names, in the order of the variants.
            const NAMES: &'static [&'static str] = &[$($plain_name,)+ $($stored_name,)+];
            /// The index of the first kernel that has a second form.
            const FIRST_STORED: usize = [$($plain_name,)+].len();
        }
    };
}

kernels! {
    plain {
        Accumulate = "accumulate",
        Adam = "adam",
        BiasActivate = "bias_activate",
        BranchSums = "branch_sums",
        ColumnSums = "column_sums",
        CutSegments = "cut_segments",
        FactorGradientBranch = "factor_gradient_branch",
        FactorGradientMap = "factor_gradient_map",
        Feed = "feed",
        FrameSums = "frame_sums",
        Gate = "gate",
        ListAddresses = "list_addresses",
        LossClasses = "loss_classes",
        LossDistributions = "loss_distributions",
        LossGiven = "loss_given",
        LossTags = "loss_tags",
        LossTotal = "loss_total",
        Nesterov = "nesterov",
        NormFixed = "norm_fixed",
        NormGradients = "norm_gradients",
        NormScale = "norm_scale",
        NormStatistics = "norm_statistics",
        SquareSums = "square_sums",
        SqueezeBranch = "squeeze_branch",
        SqueezeMapMean = "squeeze_map_mean",
        StemGradient = "stem_gradient",
        StemStatistics = "stem_statistics",
        StemTotals = "stem_totals",
        SumParts = "sum_parts",
        WeightedLossClasses = "weighted_loss_classes",
        WeightedLossDistributions = "weighted_loss_distributions",
        WeightedLossTags = "weighted_loss_tags",
    }
    stored {
        Activate = "activate",
        DropoutBackward = "dropout_backward",
        DropoutForward = "dropout_forward",
        FusedData = "fused_data",
        FusedDataWave = "fused_data_wave",
        FusedForward = "fused_forward",
        FusedForwardPeaks = "fused_forward_peaks",
        FusedForwardWave = "fused_forward_wave",
        FusedMap = "fused_map",
        FusedMapWave = "fused_map_wave",
        FusedTaps = "fused_taps",
        FusedWeights = "fused_weights",
        FusedWeightsPeaks = "fused_weights_peaks",
        FusedWeightsWave = "fused_weights_wave",
        GlobalPoolBackward = "global_pool_backward",
        GatherColumns = "gather_columns",
        GlobalPoolForward = "global_pool_forward",
        ResidualAddBackward = "residual_add_backward",
        ResidualAddForward = "residual_add_forward",
        ResidualAddIdentity = "residual_add_identity",
        ResidualAddSums = "residual_add_sums",
        NarrowRows = "narrow_rows",
        NarrowValues = "narrow_values",
        PoolActivate = "pool_activate",
        PoolBackward = "pool_backward",
        PoolMoments = "pool_moments",
        PoolSums = "pool_sums",
        ReverseTaps = "reverse_taps",
        SqueezeMap = "squeeze_map",
        StemForward = "stem_forward",
        StemInputGradient = "stem_input_gradient",
        StemSums = "stem_sums",
        WidenRows = "widen_rows",
    }
}

impl Kernel {
    /// The functions of all kernels, in the order of the variants, for maps of this element type.
    pub(crate) fn functions(stored: Element) -> Vec<String> {
        let name = |(index, name): (usize, &&str)| match stored {
            Element::Bf16 if index >= Self::FIRST_STORED => format!("{name}_bf16"),
            _ => (*name).to_owned(),
        };
        Self::NAMES.iter().enumerate().map(name).collect()
    }

    /// The name of the kernel.
    pub(crate) fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}
