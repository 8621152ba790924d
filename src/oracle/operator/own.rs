//! Operators that a program brings along.

use std::fmt;
use std::sync::{Arc, OnceLock};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Choice, Guarantee, OperatorData};
use crate::number::{Ball, Exact, Interval, Lanes, Mp};
use crate::oracle::{Estimable, Randomness};
use crate::problem::free::Parts;
use crate::registry::{NameTaken, Registry};

/// A map ℝᵈ → ℝᵈ of one's own, written once for every arithmetic.
pub trait Map: fmt::Debug + Send + Sync {
    /// What is proved of it in dimension d; nothing where there is nothing.
    fn guarantee(&self, dimension: usize) -> Option<Guarantee>;

    /// Whether it is proved to be what a method asks of an operator: `contractive` for every draw,
    /// `contractive-in-mean`, `unbiased`, or a `projection`.
    fn proves(&self, is: &str) -> bool;

    /// Whether it draws random numbers.
    fn is_random(&self) -> bool {
        false
    }

    /// Whether it compares coordinates, and so has no value where they tie or cannot be told apart.
    fn compares(&self) -> bool {
        true
    }

    /// What makes it useless in dimension d, if anything.
    fn defect(&self, _dimension: usize) -> Option<String> {
        None
    }

    /// `out` ← 𝒯(u) − u, what the map does to `u`. Formed directly, so that what the map leaves alone is zero in every
    /// arithmetic. Lengths d.
    fn error<S: Estimable>(&self, u: &[S], random: &mut dyn Randomness<S>, out: &mut [S], context: S::Context);
}

/// One arithmetic's view of a map.
pub trait ErrorIn<S: Estimable> {
    /// See [`Map::error`].
    fn error_in(&self, u: &[S], random: &mut dyn Randomness<S>, out: &mut [S], context: S::Context);
}

impl<T: Map, S: Estimable> ErrorIn<S> for T {
    fn error_in(&self, u: &[S], random: &mut dyn Randomness<S>, out: &mut [S], context: S::Context) {
        self.error(u, random, out, context);
    }
}

/// The object-safe form of [`Map`], made by the blanket implementation.
pub trait DynMap:
    fmt::Debug
    + Send
    + Sync
    + ErrorIn<f64>
    + ErrorIn<Lanes>
    + ErrorIn<Ball>
    + ErrorIn<Mp>
    + ErrorIn<Interval>
    + ErrorIn<Exact>
{
    /// See [`Map::guarantee`].
    fn guarantee(&self, dimension: usize) -> Option<Guarantee>;
    /// See [`Map::proves`].
    fn proves(&self, is: &str) -> bool;
    /// See [`Map::is_random`].
    fn is_random(&self) -> bool;
    /// See [`Map::compares`].
    fn compares(&self) -> bool;
    /// See [`Map::defect`].
    fn defect(&self, dimension: usize) -> Option<String>;
}

impl<T: Map> DynMap for T {
    fn guarantee(&self, dimension: usize) -> Option<Guarantee> {
        Map::guarantee(self, dimension)
    }
    fn proves(&self, is: &str) -> bool {
        Map::proves(self, is)
    }
    fn is_random(&self) -> bool {
        Map::is_random(self)
    }
    fn compares(&self) -> bool {
        Map::compares(self)
    }
    fn defect(&self, dimension: usize) -> Option<String> {
        Map::defect(self, dimension)
    }
}

/// Makes a map from the data of its specification; else says what is wrong with them.
type Builder = Arc<dyn Fn(&Value) -> Result<Arc<dyn DynMap>, String> + Send + Sync>;

static OPERATORS: Registry<Builder> = Registry::new();

/// Registers an operator of one's own, for statements and methods that have `{ name = "own", of = …, data = … }` where an
/// operator stands. What it says of itself must be proved, as every verdict rests on it.
///
/// # Errors
/// When there is an operator of that name already.
pub fn register_operator(
    name: &str,
    build: impl Fn(&Value) -> Result<Arc<dyn DynMap>, String> + Send + Sync + 'static,
) -> Result<(), NameTaken> {
    OPERATORS.add(name, Arc::new(build))
}

/// An operator that the program brings along, see the library's `register_operator`.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Own {
    /// The name under which it is registered.
    pub of: String,
    /// What the operator makes of it is its own.
    #[serde(default)]
    pub data: Value,
    /// Made when it is first asked for.
    #[serde(skip)]
    map: OnceLock<Result<Arc<dyn DynMap>, String>>,
}

impl Own {
    fn map(&self) -> Result<&dyn DynMap, &str> {
        let make = || OPERATORS.find(&self.of, "lemmata::oracle::operator::register_operator")?(&self.data);
        self.map.get_or_init(make).as_deref().map_err(String::as_str)
    }
}

/// What it is made of; the map follows from that.
impl PartialEq for Own {
    fn eq(&self, other: &Self) -> bool {
        (&self.of, &self.data) == (&other.of, &other.data)
    }
}

impl fmt::Debug for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Own").field("of", &self.of).field("data", &self.data).finish()
    }
}

impl fmt::Display for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.data.is_null() { write!(f, "own({})", self.of) } else { write!(f, "own({}, {})", self.of, self.data) }
    }
}

impl OperatorData for Own {
    fn guarantee(&self, dimension: usize) -> Option<Guarantee> {
        self.map().ok()?.guarantee(dimension)
    }

    fn proves(&self, is: &str) -> bool {
        self.map().is_ok_and(|map| map.proves(is))
    }

    fn is_random(&self) -> bool {
        self.map().is_ok_and(DynMap::is_random)
    }

    fn compares(&self) -> bool {
        self.map().is_ok_and(DynMap::compares)
    }

    fn defect(&self, dimension: usize) -> Option<String> {
        match self.map() {
            Ok(map) => map.defect(dimension),
            Err(why) => Some(why.to_owned()),
        }
    }

    fn parts(&mut self) -> Parts<'_> {
        Vec::new()
    }

    fn error<S: Estimable>(
        &self,
        u: &[S],
        random: &mut dyn Randomness<S>,
        out: &mut [S],
        _: &mut Choice,
        context: S::Context,
    ) {
        match self.map() {
            Ok(map) => S::map_view(map).error_in(u, random, out, context),
            // Such an operator has a defect, and is never built into a run.
            Err(_) => out.iter_mut().for_each(|x| *x = S::from_f64(f64::NAN, context)),
        }
    }
}
