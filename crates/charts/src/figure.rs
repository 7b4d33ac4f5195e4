//! A figure as data: panels, axes and layers. Nothing here draws.

mod axis;
mod layer;
mod number;
mod panel;

use std::collections::BTreeMap;

use error::{Code, Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};

pub use axis::{Axis, Scale};
pub use layer::{Across, BarSeries, Bars, HeatMap, Intervals, Layer, Line, Point, PointGroup, Points, Rule};
pub use panel::Panel;

/// The version of the JSON form of a figure.
const FORMAT: u64 = 1;

/// A figure of one or more panels.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Figure {
    /// What the figure shows.
    pub title: String,
    /// What a reader needs to know to understand it; below the panels.
    pub caption: String,
    /// The panels, row by row.
    pub panels: Vec<Panel>,
    /// The number of panels beside each other; by default at most 3.
    pub columns: Option<usize>,
    /// Whether all panels have one range on the x axis; only the lowest panel of a column then has its labels.
    pub shared_x: bool,
    /// Whether all panels have one range on the y axis; only the first panel of a row then has its labels.
    pub shared_y: bool,
    /// Width and height of the plotting area of a panel in pixels.
    #[serde(deserialize_with = "number::range")]
    pub panel_size: Option<[f64; 2]>,
    /// Facts about the source (model hash, data set, split, seed, settings), written into the files.
    pub metadata: BTreeMap<String, String>,
}

impl Figure {
    /// A figure without panels.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// The same figure with a caption.
    #[must_use]
    pub fn caption(mut self, caption: impl Into<String>) -> Self {
        self.caption = caption.into();
        self
    }

    /// The same figure with one more panel.
    #[must_use]
    pub fn panel(mut self, panel: Panel) -> Self {
        self.panels.push(panel);
        self
    }

    /// The same figure with `columns` panels beside each other.
    #[must_use]
    pub fn columns(mut self, columns: usize) -> Self {
        self.columns = Some(columns);
        self
    }

    /// The same figure with one range for all panels on the x axis, the y axis, or both.
    #[must_use]
    pub fn shared(mut self, x: bool, y: bool) -> Self {
        (self.shared_x, self.shared_y) = (x, y);
        self
    }

    /// The same figure with plotting areas of `width` by `height` pixels.
    #[must_use]
    pub fn panel_size(mut self, width: f64, height: f64) -> Self {
        self.panel_size = Some([width, height]);
        self
    }

    /// The same figure with one more fact about its source.
    #[must_use]
    pub fn fact(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.insert(name.into(), value.into());
        self
    }

    /// Everything that the figure shows as a JSON value with `format: 1`; numbers that are not finite are `null`.
    /// [`Figure::from_data`] reads it.
    pub fn data(&self) -> Value {
        let mut data = json!({ "format": FORMAT });
        if let (Some(all), Ok(Value::Object(own))) = (data.as_object_mut(), serde_json::to_value(self)) {
            all.extend(own);
        }
        data
    }

    /// Reads a value that [`Figure::data`] returned.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidOption`] if the value is of another version or is not a figure.
    pub fn from_data(data: &Value) -> Result<Self> {
        let mut own = data.clone();
        let format = own.as_object_mut().and_then(|object| object.shift_remove("format"));
        if format.as_ref().and_then(Value::as_u64) != Some(FORMAT) {
            let found = format.map_or_else(|| "none".to_owned(), |value| value.to_string());
            let message = format!(
                "the data of a figure have format {found}; expected {FORMAT}: draw them with the version of \
                 samplecnn that wrote them"
            );
            return Err(Error::new(Code::InvalidOption, message));
        }
        serde_json::from_value(own).map_err(|reason| {
            let message = format!("the data of a figure cannot be read: {reason}; write them again with Figure::data");
            Error::new(Code::InvalidOption, message)
        })
    }
}
