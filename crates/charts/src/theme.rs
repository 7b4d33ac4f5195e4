//! The colours of a figure on a light and on a dark page.

/// The page that a figure is drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Theme {
    /// Dark ink on white.
    Light,
    /// Light ink on a dark page.
    Dark,
}

impl Theme {
    /// Both themes.
    pub const ALL: [Self; 2] = [Self::Light, Self::Dark];

    /// The name for file names: `light` or `dark`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// What a picture is drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// A file of its own.
    Theme(Theme),
    /// A part of an HTML page with both themes, which has the title and the caption in its text.
    Page,
}

/// The number of colours of series. Later series repeat them with other markers.
pub const SERIES: usize = 8;

/// The colours of a drawing, as SVG paints.
#[derive(Clone, Debug)]
pub struct Colours {
    /// The page.
    pub page: String,
    /// Text and axes.
    pub ink: String,
    /// Secondary text, reference lines.
    pub soft: String,
    /// Grid lines.
    pub grid: String,
    /// The series.
    pub series: [String; SERIES],
}

/// Colours after Okabe and Ito (2008), moved until any two of them differ for every colour vision (by a distance of 15
/// in CIELAB), with a contrast of at least 3:1 on white. `tests/colours.rs` computes both.
const LIGHT: [&str; SERIES] = ["#0072b2", "#d55e00", "#03a053", "#8a2f7a", "#2a2813", "#0698ff", "#727475", "#625124"];

/// The same for a dark page.
const DARK: [&str; SERIES] = ["#5aaaf0", "#f47200", "#3fe0a0", "#c455b0", "#a47647", "#caf5fd", "#9d9d9d", "#ece338"];

/// The names of the CSS variables of a page, in the order of [`values`].
const NAMES: [&str; 4 + SERIES] = [
    "chart-page",
    "chart-ink",
    "chart-soft",
    "chart-grid",
    "chart-1",
    "chart-2",
    "chart-3",
    "chart-4",
    "chart-5",
    "chart-6",
    "chart-7",
    "chart-8",
];

/// The colours of a theme: page, ink, soft, grid, series.
fn values(theme: Theme) -> [&'static str; 4 + SERIES] {
    let ([page, ink, soft, grid], series) = match theme {
        Theme::Light => (["#ffffff", "#1b232b", "#56616c", "#e1e6eb"], LIGHT),
        Theme::Dark => (["#14181d", "#eceff2", "#a8b3be", "#323a43"], DARK),
    };
    let mut all = [page; 4 + SERIES];
    all[1..4].copy_from_slice(&[ink, soft, grid]);
    all[4..].copy_from_slice(&series);
    all
}

impl Colours {
    /// The colours of a theme.
    pub fn of(theme: Theme) -> Self {
        Self::from_paints(values(theme).map(str::to_owned))
    }

    /// References to the variables of [`page_style`], so that one drawing fits both themes of an HTML page.
    pub fn of_page() -> Self {
        Self::from_paints(NAMES.map(|name| format!("var(--{name})")))
    }

    fn from_paints([page, ink, soft, grid, series @ ..]: [String; 4 + SERIES]) -> Self {
        Self { page, ink, soft, grid, series }
    }
}

/// The colours of the series of a theme as red, green and blue.
pub fn series_rgb(theme: Theme) -> [[u8; 3]; SERIES] {
    let byte = |colour: &str, at: usize| u8::from_str_radix(&colour[at..at + 2], 16).unwrap_or(0);
    let [_, _, _, _, series @ ..] = values(theme);
    series.map(|colour| [byte(colour, 1), byte(colour, 3), byte(colour, 5)])
}

/// The style sheet of an HTML page that contains drawings of [`crate::Figure::inline_svg`]: the light colours, and the
/// dark ones if the reader's system prefers them.
pub fn page_style() -> String {
    let list = |theme| {
        NAMES.iter().zip(values(theme)).map(|(name, value)| format!("--{name}:{value}")).collect::<Vec<_>>().join(";")
    };
    let (light, dark) = (list(Theme::Light), list(Theme::Dark));
    format!(
        ":root{{{light}}}.chart-dark{{display:none}}\
         @media(prefers-color-scheme:dark){{:root{{{dark}}}.chart-dark{{display:inline}}.chart-light{{display:none}}}}\
         @media print{{:root{{{light}}}.chart-dark{{display:none}}.chart-light{{display:inline}}}}"
    )
}
