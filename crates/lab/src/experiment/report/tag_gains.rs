//! How much each tag gains from one row of features to another, such as from a lower level to a higher one.

use charts::{Axis, BarSeries, Bars, Figure, Panel, Point};
use error::{Code, Error, Result};
use files::text::csv as text;
use train::metrics::Metrics;

use super::super::table::Table;
use super::super::test_clips::predictions;
use super::facts;

/// The name of the CSV file, and of the figure.
pub(super) const NAME: &str = "gain-per-tag";
/// Our grouping of the 50 tags of MagnaTagATune, and of the eras among the tags of MSD: `tag,group`.
const GROUPS: &str = include_str!("tag_gains/groups.csv");
/// The group of all other tags.
const OTHER: &str = "other";

/// The areas under the ROC curve of each tag in several rows.
pub(super) struct TagGains {
    /// The ids of the rows, the one to which gains refer first.
    rows: Vec<String>,
    tags: Vec<TagAreas>,
}

struct TagAreas {
    tag: String,
    group: &'static str,
    /// The mean over the seeds in each row; none if the tag has no positives or no negatives.
    areas: Vec<Option<f64>>,
}

impl TagGains {
    /// Those that the spec asks for; `None` if it asks for none, or if a row is not complete.
    ///
    /// # Errors
    /// Those of [`predictions`]; [`Code::Dataset`] if the rows have different tags.
    pub(super) fn of(table: &Table) -> Result<Option<Self>> {
        let ids = table.spec.features.as_ref().map(|features| &features.per_tag[..]).unwrap_or_default();
        let (mut rows, mut tags): (Vec<String>, Vec<TagAreas>) = (Vec::new(), Vec::new());
        for id in ids {
            let Some(row) = table.rows.iter().find(|row| row.id == *id) else { return Ok(None) };
            let mut runs: Vec<Vec<Option<f64>>> = Vec::new();
            for run in &row.runs {
                let Some((found, names)) = predictions(&run.folder)? else { return Ok(None) };
                if tags.is_empty() {
                    let of = |tag: String| TagAreas { group: group(&tag), tag, areas: Vec::new() };
                    tags = names.iter().cloned().map(of).collect();
                }
                if tags.iter().map(|tag| &tag.tag).ne(&names) {
                    return Err(Error::new(Code::Dataset, format!("the row {id} has other tags than {}", ids[0])));
                }
                let metrics = Metrics::new(&names, &found.scores, &found.targets, found.single_label, None);
                runs.push(metrics.per_tag.into_iter().map(|tag| tag.roc_auc).collect());
            }
            if runs.is_empty() {
                return Ok(None);
            }
            for (index, tag) in tags.iter_mut().enumerate() {
                let areas: Option<Vec<f64>> = runs.iter().map(|run| run[index]).collect();
                tag.areas.push(areas.map(|areas| areas.iter().sum::<f64>() / areas.len() as f64));
            }
            rows.push(id.clone());
        }
        Ok((rows.len() > 1).then_some(Self { rows, tags }))
    }

    /// A line for each tag: the tag, its group, its area in each row, and the gains of the rows over the first one.
    ///
    /// # Errors
    /// [`Code::Internal`].
    pub(super) fn csv(&self) -> Result<Vec<u8>> {
        let internal = |reason: String| Error::new(Code::Internal, reason);
        let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
        let mut writer = ::csv::Writer::from_writer(Vec::new());
        let mut head = vec!["tag".to_owned(), "group".to_owned()];
        head.extend(self.rows.iter().map(|id| format!("rocAuc {id}")));
        head.extend(self.rows[1..].iter().map(|id| format!("gain {id}")));
        writer.write_record(&head).map_err(|reason| internal(reason.to_string()))?;
        for tag in &self.tags {
            let mut cells = vec![text(&tag.tag).into_owned(), tag.group.to_owned()];
            cells.extend(tag.areas.iter().map(|area| number(*area)));
            cells.extend((1..self.rows.len()).map(|row| number(tag.gain(row))));
            writer.write_record(&cells).map_err(|reason| internal(reason.to_string()))?;
        }
        writer.into_inner().map_err(|reason| internal(reason.to_string()))
    }

    /// A panel for each group, with the gains of its tags.
    pub(super) fn figure(&self, table: &Table) -> Figure {
        let first = &self.rows[0];
        let caption = format!(
            "{} The gain is the area under the ROC curve of a tag less its area in the row {first}. The grouping of \
             the tags is ours.",
            facts::scope(table)
        );
        let mut figure = Figure::new(format!("Gain of each tag over {first}")).caption(caption);
        let gains = (1..self.rows.len()).flat_map(|row| self.tags.iter().filter_map(move |tag| tag.gain(row)));
        let most = gains.map(f64::abs).fold(0.001, f64::max) * 1.05;
        let power = 10f64.powf(most.log10().floor());
        // The largest of 1, 2 and 5 times a power of ten that is on the axis.
        let step = [5.0, 2.0, 1.0].map(|digit| digit * power).into_iter().find(|step| *step <= most).unwrap_or(power);
        let mut groups: Vec<&'static str> = Vec::new();
        for tag in &self.tags {
            if !groups.contains(&tag.group) {
                groups.push(tag.group);
            }
        }
        for group in groups {
            let has_gain = |tag: &&TagAreas| tag.group == group && tag.areas.iter().all(Option::is_some);
            let mut tags: Vec<&TagAreas> = self.tags.iter().filter(has_gain).collect();
            tags.sort_by(|a, b| a.gain(1).unwrap_or(0.0).total_cmp(&b.gain(1).unwrap_or(0.0)));
            if tags.is_empty() {
                continue;
            }
            let series = (1..self.rows.len()).map(|row| {
                let point = |(index, tag): (usize, &&TagAreas)| Some(Point::new(index as f64, tag.gain(row)?));
                BarSeries { name: self.rows[row].clone(), bars: tags.iter().enumerate().filter_map(point).collect() }
            });
            let axis = Axis::categories("tag", tags.iter().map(|tag| tag.tag.clone()));
            let across = Axis::linear("gain in ROC-AUC").range(-most, most).ticks([-step, 0.0, step]);
            let panel = Panel::new(across, axis).title(group);
            figure = figure.panel(panel.layer(Bars { series: series.collect() }));
        }
        figure.shared_x = true;
        figure.panel_size = Some([260.0, 16.0 * self.largest_group() as f64 + 60.0]);
        figure.metadata = facts::facts(table);
        figure
    }

    fn largest_group(&self) -> usize {
        let size = |tag: &TagAreas| self.tags.iter().filter(|other| other.group == tag.group).count();
        self.tags.iter().map(size).max().unwrap_or(1)
    }
}

impl TagAreas {
    /// The gain of the row number `row` over the first one.
    fn gain(&self, row: usize) -> Option<f64> {
        Some(self.areas.get(row).copied()?? - self.areas.first().copied()??)
    }
}

/// The group of `tag`.
fn group(tag: &str) -> &'static str {
    let mut lines = GROUPS.lines().skip(1).filter_map(|line| line.split_once(','));
    lines.find(|(name, _)| name.eq_ignore_ascii_case(tag)).map_or(OTHER, |(_, group)| group)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tags_of_magnatagatune_have_a_group_and_others_are_together() {
        assert_eq!(GROUPS.lines().skip(1).filter(|line| !line.ends_with(",era")).count(), 50);
        assert_eq!(["Rock", "harp", "quiet", "80s", "jazz"].map(group), ["genre", "instrument", "mood", "era", OTHER]);
    }

    #[test]
    fn a_gain_needs_both_areas() {
        let tag = TagAreas { tag: "rock".into(), group: "genre", areas: vec![Some(0.5), Some(0.75), None] };
        assert_eq!((tag.gain(1), tag.gain(2)), (Some(0.25), None));
        let gains = TagGains {
            rows: vec!["a".into(), "b".into()],
            tags: vec![TagAreas { areas: tag.areas[..2].to_vec(), ..tag }],
        };
        let csv = String::from_utf8(gains.csv().unwrap()).unwrap();
        assert_eq!(csv, "tag,group,rocAuc a,rocAuc b,gain b\nrock,genre,0.5,0.75,0.25\n");
    }

    /// With the environment variable SAMPLECNN_REPORTS, writes the picture into this folder, to look at.
    #[test]
    fn each_group_has_a_panel_with_all_its_tags() {
        let areas = |place: usize| (0..3).map(|row| Some(0.8 + 0.02 * ((place * 7 + row * 3) as f64).sin())).collect();
        let tag = |(place, line): (usize, &str)| {
            let (tag, group) = line.split_once(',').unwrap();
            assert_eq!(super::group(tag), group);
            TagAreas { tag: tag.to_owned(), group: super::group(tag), areas: areas(place) }
        };
        let tags = GROUPS.lines().skip(1).filter(|line| !line.ends_with(",era")).enumerate().map(tag).collect();
        let gains = TagGains { rows: ["level-3", "level-2", "level-1"].map(str::to_owned).to_vec(), tags };
        let table = Table {
            spec: crate::experiment::Spec::named("table6").unwrap(),
            scale: None,
            dataset: "mtat".to_owned(),
            seeds: vec![0],
            protocol: serde_json::Map::new(),
            rows: Vec::new(),
            missing: Vec::new(),
            claims: Vec::new(),
        };
        let figure = gains.figure(&table);
        let sizes: Vec<(&str, usize)> = figure
            .panels
            .iter()
            .map(|panel| match &panel.layers[0] {
                charts::Layer::Bars(bars) => (panel.title.as_str(), bars.series[0].bars.len()),
                _ => panic!("bars"),
            })
            .collect();
        assert_eq!(sizes, [("genre", 13), ("instrument", 31), ("mood", 6)]);
        if let Some(folder) = std::env::var_os("SAMPLECNN_REPORTS") {
            let path = std::path::Path::new(&folder).join("gain-per-tag.png");
            std::fs::write(path, figure.png(charts::Theme::Light, 1.0).unwrap()).unwrap();
        }
    }
}
