//! What a program brings along by name besides what is shipped: its own families, sources and operators.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use thiserror::Error;

/// There is something else of that name.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("`{0}` is registered already")]
pub struct NameTaken(pub String);

/// Things by name, for the whole program.
pub(crate) struct Registry<T>(RwLock<BTreeMap<String, T>>);

impl<T: Clone> Registry<T> {
    pub const fn new() -> Self {
        Registry(RwLock::new(BTreeMap::new()))
    }

    /// Adds a thing; what a name stands for never changes, as reports name it.
    pub fn add(&self, name: &str, thing: T) -> Result<(), NameTaken> {
        let mut things = self.0.write().unwrap_or_else(PoisonError::into_inner);
        match things.contains_key(name) {
            true => Err(NameTaken(name.to_owned())),
            false => {
                things.insert(name.to_owned(), thing);
                Ok(())
            }
        }
    }

    /// The thing of that name; else why there is none, for a person.
    pub fn find(&self, name: &str, function: &str) -> Result<T, String> {
        let things = self.0.read().unwrap_or_else(PoisonError::into_inner);
        things.get(name).cloned().ok_or_else(|| {
            let known: Vec<&str> = things.keys().map(String::as_str).collect();
            let known =
                if known.is_empty() { "none is".to_owned() } else { format!("registered: {}", known.join(", ")) };
            format!("`{name}` is not registered in this program ({known}): call `{function}` before the check")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_for_one_thing_and_an_unknown_one_says_what_to_do() {
        let registry = Registry::new();
        assert_eq!(registry.add("a", 1), Ok(()));
        assert_eq!(registry.add("a", 2), Err(NameTaken("a".to_owned())));
        assert_eq!(registry.find("a", "register"), Ok(1));
        let unknown = registry.find("b", "register").unwrap_err();
        assert!(unknown.contains("registered: a") && unknown.contains("call `register`"), "{unknown}");
    }
}
