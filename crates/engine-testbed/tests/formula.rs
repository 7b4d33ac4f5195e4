//! Checks the fixtures' formula on the small networks, whose values are stored.

use engine_core::Targets;
use engine_testbed::fixture::{Bound, Fixture};
use net::Task;

#[test]
fn the_formula_gives_the_stored_parameters_inputs_and_targets() {
    for name in Fixture::names().iter().filter(|name| !name.starts_with("full-")) {
        let fixture = Fixture::load(name);
        let formula = fixture.formula();
        if name != "signs-3" {
            assert!(formula.parameters(&fixture.layout) == fixture.parameters(), "{name}: parameters");
            let size = fixture.batch * fixture.architecture.input_length;
            for (step, input) in formula.input().chunks(size).enumerate() {
                assert!(input == fixture.input(step), "{name}: input of step {step}");
            }
        }
        match (fixture.task, fixture.targets(0)) {
            (Task::MultiLabel, Targets::Tags(tags)) => {
                assert_eq!(&formula.target_tags()[..tags.len()], tags, "{name}: target");
            }
            (Task::SingleLabel, Targets::Classes(classes)) => {
                assert_eq!(&formula.target_classes()[..classes.len()], classes, "{name}: target");
            }
            _ => panic!("{name}: targets of the other task"),
        }
    }
}

#[test]
fn a_tensor_that_is_off_is_refused() {
    let fixture = Fixture::load("basic-3");
    let mut logits = fixture.stored("eval.logits").unwrap();
    assert_eq!(fixture.error("eval.logits", &logits), 0.0);
    logits[3] *= 1.01;
    assert!(fixture.error("eval.logits", &logits) > fixture.limit(Bound::Winograd, "eval.logits"));
    let zero = fixture.stored("grad.blocks.0.conv.bias").unwrap();
    assert_eq!(fixture.error("grad.blocks.0.conv.bias", &vec![0.0; zero.len()]), 0.0);
    assert!(fixture.error("grad.blocks.0.conv.bias", &vec![1e-9; zero.len()]).is_infinite());
}
