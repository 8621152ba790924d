//! What names of the language look like on paper.

use super::Notation;

/// Greek letters by their names.
const GREEK: [(&str, &str); 21] = [
    ("alpha", "α"),
    ("beta", "β"),
    ("gamma", "γ"),
    ("delta", "δ"),
    ("eps", "ε"),
    ("epsilon", "ε"),
    ("zeta", "ζ"),
    ("eta", "η"),
    ("theta", "θ"),
    ("kappa", "κ"),
    ("lambda", "λ"),
    ("mu", "μ"),
    ("nu", "ν"),
    ("xi", "ξ"),
    ("rho", "ρ"),
    ("sigma", "σ"),
    ("tau", "τ"),
    ("omega", "ω"),
    ("phi", "φ"),
    ("Psi", "Ψ"),
    ("Phi", "Φ"),
];

/// A name as a letter with what it carries: `gamma_max`, `f_star`, `zeta2`, `L_hat`.
pub(super) fn name(own: &str) -> Notation {
    if let Some(base) = own.strip_suffix("_star") {
        return letter(base).above(Notation::Sign("*"));
    }
    // ζ² and L̂² are names of their own.
    if let Some(base) = own.strip_suffix('2')
        && (base.ends_with("_hat") || GREEK.iter().any(|(name, _)| *name == base))
    {
        return name(base).above(Notation::number("2"));
    }
    if let Some(base) = own.strip_suffix("_hat") {
        return match letter(base) {
            Notation::Letter(letter) => Notation::Hat(letter),
            word => word,
        };
    }
    match own.split_once('_') {
        Some((base, below)) => letter(base).below(word(below)),
        None => letter(own),
    }
}

/// A letter of the alphabet or a Greek one; longer names are words.
fn letter(own: &str) -> Notation {
    match GREEK.iter().find(|(name, _)| *name == own) {
        Some((_, greek)) => Notation::Letter((*greek).to_owned()),
        None if own.chars().count() == 1 => Notation::Letter(own.to_owned()),
        None => word(own),
    }
}

fn word(own: &str) -> Notation {
    match GREEK.iter().find(|(name, _)| *name == own) {
        Some((_, greek)) => Notation::Letter((*greek).to_owned()),
        None => Notation::Word(own.replace('_', " ")),
    }
}

/// A function of these arguments.
pub(super) fn function(own: &str, arguments: &[Notation]) -> Notation {
    let norm = |u: &Notation| u.clone().fenced("‖", "‖");
    match (own, arguments) {
        ("norm2", [u]) => norm(u).above(Notation::number("2")),
        ("norm", [u]) => norm(u),
        ("norm1", [u]) => norm(u).below(Notation::number("1")),
        ("dot", [u, w]) => list([u, w]).fenced("⟨", "⟩"),
        ("abs", [a]) => a.clone().fenced("|", "|"),
        ("sqrt", [a]) => Notation::Root(Box::new(a.clone())),
        ("pos", [a]) => a.clone().fenced("(", ")").below(Notation::Sign("+")),
        ("grad", [y]) => {
            Notation::row([Notation::Sign("∇"), Notation::Letter("f".to_owned()), y.clone().fenced("(", ")")])
        }
        ("f", [y]) => Notation::row([Notation::Letter("f".to_owned()), y.clone().fenced("(", ")")]),
        ("clip", [a, u]) => {
            Notation::row([Notation::Word("clip".to_owned()).below(a.clone()), u.clone().fenced("(", ")")])
        }
        _ => Notation::row([word(own), list(arguments).fenced("(", ")")]),
    }
}

/// With commas between.
fn list<'n>(all: impl IntoIterator<Item = &'n Notation>) -> Notation {
    let mut row = Vec::new();
    for own in all {
        if !row.is_empty() {
            row.push(Notation::Sign(","));
        }
        row.push(own.clone());
    }
    Notation::Row(row)
}
