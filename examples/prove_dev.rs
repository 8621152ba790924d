use lemmata::prove::{check, find, translate};
use lemmata::statement::library;
fn main() {
    let show = std::env::var("SHOW").is_ok();
    for id in std::env::args().skip(1) {
        let statement = match library::load(&id) { Some(Ok(s)) => s, _ => { println!("{id}: not loaded"); continue; } };
        match translate::translate(&statement) {
            Err(why) => println!("{id}: NOT TRANSLATED {why}"),
            Ok(problems) => for problem in problems {
                if show { println!("{problem:#?}"); }
                let begun = std::time::Instant::now();
                let found = find::certificate(&problem, 1);
                let time = begun.elapsed().as_secs_f64();
                match found {
                    find::Found::Certificate(c) => match check::check(&problem, &c) {
                        Ok(()) => println!("{id} [{}]: PROVED {time:.2} s, {} bytes", problem.name, serde_json::to_string(&c).unwrap().len()),
                        Err(why) => println!("{id} [{}]: REJECTED {why} {time:.2}", problem.name),
                    },
                    find::Found::Nothing(why) => println!("{id} [{}]: OPEN {time:.2} s {why} (vectors {:?})", problem.name, problem.vectors),
                    find::Found::Infeasible(p) => println!("{id} [{}]: INFEASIBLE {time:.2} s at {:?}={p:?} (vectors {:?})", problem.name, problem.numbers, problem.vectors),
                }
            }
        }
    }
}
