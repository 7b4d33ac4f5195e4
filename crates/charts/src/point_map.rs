//! Maps of clips as data: points with a name and a text, in one or more panels. Nothing here draws.

use serde::{Deserialize, Serialize};

use crate::figure::{Axis, Figure, Panel, PointGroup, Points};

/// A map of clips: each clip is a point in every panel.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PointMap {
    /// What the map shows.
    pub title: String,
    /// What a reader needs to know to understand it.
    pub caption: String,
    /// The panels, for example one for each level of a network.
    pub panels: Vec<MapPanel>,
    /// The names of the groups, which have a colour and a marker each.
    pub groups: Vec<String>,
    /// The clips.
    pub points: Vec<MapPoint>,
}

/// A panel of a map.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MapPanel {
    /// The heading.
    pub title: String,
    /// Lines of text under the panel.
    pub notes: Vec<String>,
}

/// A clip on a map.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MapPoint {
    /// The name of the clip.
    pub name: String,
    /// More about the clip: its tags.
    pub text: String,
    /// The index of its group. A clip whose group does not exist is left out.
    pub group: usize,
    /// Its position in each panel. A clip without a finite position in a panel is left out there.
    pub at: Vec<[f64; 2]>,
    /// The path of its audio file, absolute or relative to the page; none if the file is not on this machine.
    pub audio: Option<String>,
}

impl PointMap {
    /// The map as a figure, without names. The legend has the number of clips of each group.
    pub fn figure(&self) -> Figure {
        let panels = self.panels.iter().enumerate().map(|(index, panel)| {
            let groups = self.groups.iter().enumerate().map(|(group, name)| {
                let members: Vec<_> = self.points.iter().filter(|point| point.group == group).collect();
                let at = members.iter().filter_map(|point| point.at.get(index).copied()).collect();
                PointGroup { name: format!("{name} ({})", members.len()), at }
            });
            let layer = Points { groups: groups.collect(), opacity: None };
            let mut one =
                Panel::new(Axis::linear("").ticks([]), Axis::linear("").ticks([])).title(&*panel.title).layer(layer);
            one.notes.clone_from(&panel.notes);
            one
        });
        let mut figure = Figure::new(&*self.title).caption(&*self.caption);
        figure.panels = panels.collect();
        figure
    }
}
