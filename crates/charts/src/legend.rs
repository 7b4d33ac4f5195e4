//! The legend of a figure: where its entries are.

use crate::sizes::{line_height, SMALL};
use crate::style::{Entry, Styles};
use crate::text;

/// The width of the sample of a series.
pub const SAMPLE: f64 = 30.0;

/// The entries with the left end and the middle of each.
#[derive(Debug)]
pub struct Legend {
    pub entries: Vec<([f64; 2], Entry, String)>,
    pub height: f64,
}

impl Legend {
    /// Places the entries from `at` in lines of at most `room` pixels. Many entries stand in columns.
    pub fn of(styles: &Styles, at: [f64; 2], room: f64) -> Self {
        let gap = 18.0;
        let longest = room - SAMPLE - 6.0;
        // Each entry with its name as far as it fits, and the width of both.
        let measured = |entry: &Entry| {
            let name = text::cut(&entry.name, SMALL, longest);
            let width = SAMPLE + 6.0 + text::width(&name, SMALL) + gap;
            (entry.clone(), name, width)
        };
        let series: Vec<(Entry, String, f64)> = styles.legend().map(measured).collect();
        let widths = || series.iter().map(|(_, _, width)| *width);
        let widest = widths().fold(0.0, f64::max);
        let in_columns = widths().sum::<f64>() > 2.0 * room;
        let step = line_height(SMALL) + 2.0;
        let (mut x, mut y) = (0.0, 0.0);
        let mut entries = Vec::new();
        for (entry, name, width) in series {
            let needed = if in_columns { widest } else { width };
            if x > 0.0 && x + needed - gap > room {
                (x, y) = (0.0, y + step);
            }
            entries.push(([at[0] + x, at[1] + y + step / 2.0], entry, name));
            x += needed;
        }
        let height = if entries.is_empty() { 0.0 } else { y + step + 6.0 };
        Self { entries, height }
    }
}
