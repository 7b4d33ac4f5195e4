//! One plotting area while it is drawn: where values are, and what is cut at its edges.

use crate::domain::{is_horizontal, Domain};
use crate::layout::Cell;

/// The plotting area of a panel.
#[derive(Clone, Copy, Debug)]
pub struct View {
    pub from: [f64; 2],
    pub to: [f64; 2],
    x: Domain,
    y: Domain,
    /// A category y axis begins at the top.
    y_down: bool,
}

impl View {
    /// The plotting area of `cell`.
    pub fn of(cell: &Cell) -> Self {
        Self { from: cell.from, to: cell.to, x: cell.x.domain, y: cell.y.domain, y_down: is_horizontal(cell.panel) }
    }

    /// Whether equal differences are equal distances on both axes.
    pub fn is_linear(&self) -> bool {
        !self.x.log && !self.y.log
    }

    /// The position of a value on the x axis; NaN if it has none.
    pub fn x(&self, value: f64) -> f64 {
        self.from[0] + self.x.share(value) * (self.to[0] - self.from[0])
    }

    /// The position of a value on the y axis; NaN if it has none.
    pub fn y(&self, value: f64) -> f64 {
        let share = self.y.share(value);
        let down = if self.y_down { share } else { 1.0 - share };
        self.from[1] + down * (self.to[1] - self.from[1])
    }

    /// The position of a point, if it has one.
    pub fn at(&self, x: f64, y: f64) -> Option<[f64; 2]> {
        let at = [self.x(x), self.y(y)];
        at.iter().all(|value| value.is_finite()).then_some(at)
    }

    /// Whether a position is inside, edges included.
    pub fn contains(&self, at: [f64; 2]) -> bool {
        (0..2).all(|side| (self.from[side] - 0.01..=self.to[side] + 0.01).contains(&at[side]))
    }

    /// The position moved to the nearest edge if it is outside.
    pub fn clamped(&self, at: [f64; 2]) -> [f64; 2] {
        [0, 1].map(|side| at[side].clamp(self.from[side], self.to[side]))
    }

    /// The part of the line from `a` to `b` that is inside (Liang and Barsky 1984).
    pub fn inside(&self, a: [f64; 2], b: [f64; 2]) -> Option<[[f64; 2]; 2]> {
        let (mut enter, mut leave) = (0.0f64, 1.0f64);
        for side in 0..2 {
            let step = b[side] - a[side];
            if step == 0.0 {
                if a[side] < self.from[side] || a[side] > self.to[side] {
                    return None;
                }
                continue;
            }
            let (one, other) = ((self.from[side] - a[side]) / step, (self.to[side] - a[side]) / step);
            enter = enter.max(one.min(other));
            leave = leave.min(one.max(other));
        }
        let along = |share: f64| [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])];
        (enter <= leave).then(|| [along(enter), along(leave)])
    }

    /// The end of the y axis at which values begin if they are at or below its lowest value.
    pub fn y_base(&self) -> f64 {
        if self.y_down {
            self.from[1]
        } else {
            self.to[1]
        }
    }
}
