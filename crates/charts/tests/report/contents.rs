use charts::{Block, Choice, Claim, Clip, Figure, Link, Report, Section, Verdict};

fn with(block: impl Into<Block>) -> String {
    Report::new("r").section(Section::new("s").block(block)).html()
}

#[test]
fn a_verdict_is_written_in_words() {
    for (verdict, words) in [
        (Verdict::Holds, "holds"),
        (Verdict::DoesNotHold, "does not hold"),
        (Verdict::TooNoisy, "too noisy to say"),
        (Verdict::NotMeasured, "not measured"),
    ] {
        let claim = Claim { text: "c".to_owned(), verdict, interval: "0.1 to 0.2".to_owned(), note: String::new() };
        assert!(with(vec![claim]).contains(&format!("</span>{words}</strong>: 0.1 to 0.2")), "{words}");
    }
}

#[test]
fn text_between_backticks_is_code() {
    assert!(with(Block::Paragraph("use `--only a<b` here".to_owned())).contains("use <code>--only a&lt;b</code> here"));
    assert!(with(Block::Paragraph("a single ` is a letter".to_owned())).contains("a single ` is a letter"));
}

#[test]
fn links_stay_beside_the_report() {
    let html = |path: &str| with(vec![Link { text: "file".to_owned(), path: path.to_owned() }]);
    assert!(html("a b/ü.svg").contains("href=\"a%20b/%C3%BC.svg\""));
    assert!(html("javascript:alert(1)").contains("href=\"javascript%3Aalert%281%29\""));
    assert!(html("//example.org/x").contains("href=\"/example.org/x\""));
}

#[test]
fn a_clip_has_a_player_that_loads_nothing_by_itself() {
    let clip = |audio: Option<&str>| Clip {
        name: "a \"b\".wav".to_owned(),
        text: "loud".to_owned(),
        audio: audio.map(str::to_owned),
    };
    let html = with(vec![clip(Some("/music/a b.wav"))]);
    let player =
        "<audio controls preload=\"none\" src=\"file:///music/a%20b.wav\" aria-label=\"Play a &quot;b&quot;.wav\">";
    assert!(html.contains(player), "{html}");
    assert!(html.contains("media-src 'self' file: blob:"));
    let silent = with(vec![clip(None)]);
    assert!(!silent.contains("<audio") && !silent.contains("media-src") && silent.contains("<p>loud</p>"));
}

#[test]
fn one_of_several_figures_is_chosen_by_name() {
    let figure = |title: &str| Figure::new(title);
    let figures = vec![("a<b".to_owned(), figure("first")), ("c".to_owned(), figure("second"))];
    let html = with(Block::Choice(Choice { label: "Tag".to_owned(), figures }));
    // The list is hidden until the script runs; both figures are there without it.
    assert!(
        html.contains("<label hidden>Tag: <select>\n<option>a&lt;b</option>\n<option>c</option>\n</select></label>")
    );
    assert_eq!(html.matches("<div class=\"chosen\">\n<figure>").count(), 2);
    assert!(html.contains("script-src 'unsafe-inline'") && html.contains("select.selectedIndex"));
    let plain = with(figure("alone"));
    assert!(!plain.contains("<script>") && !plain.contains("script-src"));
}

#[test]
fn the_page_asks_for_nothing_from_elsewhere() {
    let html = with(Block::Paragraph("text".to_owned()));
    assert!(html.contains("default-src 'none'"));
    let outside = html.matches("http").count();
    assert_eq!(outside, html.matches("http-equiv").count(), "no address of another site");
}

#[test]
fn a_report_is_read_back_from_its_json() {
    let report = Report::new("r").summary("s").fact("a", "b").section(Section::new("t").paragraph("p"));
    let text = serde_json::to_string(&report).expect("JSON");
    assert_eq!(serde_json::from_str::<Report>(&text).expect("a report"), report);
}

#[test]
fn an_empty_report_is_a_page() {
    let html = Report::default().html();
    assert!(html.contains("<main") && !html.contains("<nav"));
}
