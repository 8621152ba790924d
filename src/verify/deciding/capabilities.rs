//! What a method does not allow the procedures to use; it costs that evidence, and a report names it.

use crate::statement::Subject;
use crate::verify::deciding::{moments, norms};
use crate::verify::instances::Instance;

/// The evidence that the instance's method rules out, of what its claims could rest on; for a person.
#[must_use]
pub fn ruled_out(instance: &Instance<'_>) -> Vec<String> {
    let (method, draws) = (&instance.method, !instance.experiment().is_deterministic());
    let (whole_run, pathwise) = (instance.statement.subject == Subject::WholeRun, !instance.statement.averages());
    let free = instance.oracle.is_free(true);
    let points_say_nothing = || pathwise && free && !instance.experiment().is_defined_by_points();
    let in_question = [
        (whole_run && draws && !moments::follows(method), "second moments"),
        (whole_run && draws && !norms::bound(method, instance.problem.dimension()), "ranges of samples"),
        (points_say_nothing(), "errors that follow from points"),
    ];
    in_question.into_iter().filter(|(missing, _)| *missing).map(|(_, what)| what.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use crate::verify::deciding::capabilities::*;
    use crate::verify::instances::Start;
    use crate::verify::testing;

    fn ruled_out_by(method: &str, kind: &str, claim: &str, source: &str) -> Vec<String> {
        let gamma = "[parameters]\ngamma = { in = \"(0, inf)\" }\n";
        let statement = testing::statement(kind, &format!("method = \"{method}\"\n{gamma}[claim]\n{claim}"));
        let spec = testing::cell(serde_json::json!({
            "problem": { "family": "diagonal-quadratic", "spectrum": [1.0, 0.5] },
            "oracle": [{ "source": source, "size": 0.5 }], "parameters": { "gamma": 0.125 }, "horizon": 3,
            "start": Start::of(&statement.method, 0),
        }));
        ruled_out(&Instance::build(&statement, &spec).unwrap())
    }

    #[test]
    fn what_a_method_does_not_allow_is_named_where_a_claim_could_rest_on_it() {
        let mean = "lhs = \"E[f[K]]\"\nrhs = \"1000\"\n";
        let step = "for_all = \"k in 0..K\"\nlhs = \"f[k]\"\nrhs = \"1000\"\n";
        assert!(ruled_out_by("momentum", "expectation", mean, "rademacher").is_empty());
        assert_eq!(ruled_out_by("normalized-momentum", "expectation", mean, "rademacher"), ["second moments"]);
        assert!(ruled_out_by("adagrad-norm", "expectation", mean, "rademacher").contains(&"second moments".to_owned()));
        assert!(ruled_out_by("momentum", "pathwise", step, "gaussian").is_empty());
        let of_points = ["errors that follow from points"];
        assert_eq!(ruled_out_by("normalized-momentum", "pathwise", step, "gaussian"), of_points);
        assert!(ruled_out_by("normalized-momentum", "pathwise", step, "rademacher").is_empty());
    }
}
