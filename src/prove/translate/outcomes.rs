//! One run that a claim speaks of: what its last draw decides has a value in each outcome.

use super::unknowns::{Point, Unknowns};
use crate::algebra::Field;
use crate::prove::problem::{Combination, Form};

/// The outcomes of the last draw, equally likely.
pub struct Outcomes {
    images: Vec<Image>,
    field: Field,
}

/// What each unknown is in one outcome.
struct Image {
    vectors: Vec<Combination>,
    atoms: Vec<usize>,
}

impl Outcomes {
    /// Two outcomes, of opposite noise, or one where there is none. What the draw decides is replaced by what it is in
    /// each, points with what is known of f there included.
    pub fn of(unknowns: &mut Unknowns, noise: Option<&Combination>) -> Self {
        let field = unknowns.field().clone();
        let (vectors, atoms) = (unknowns.vectors.len(), unknowns.atoms.len());
        let same = Image {
            vectors: (0..vectors).map(|position| Combination::unknown(position, &field)).collect(),
            atoms: (0..atoms).collect(),
        };
        let Some(noise) = noise.and_then(|noise| noise.iter().next()).map(|(position, _)| position) else {
            return Outcomes { images: vec![same], field };
        };
        let image = |sign: i32, mark: &str, unknowns: &mut Unknowns| {
            let mut image = Image { vectors: same.vectors.clone(), atoms: same.atoms.clone() };
            for position in 0..vectors {
                let unknown = unknowns.vectors[position].clone();
                if position == noise {
                    image.vectors[position] = same.vectors[position].scaled(&field.constant(sign));
                } else if !unknown.is_past {
                    image.vectors[position] = unknowns.like(&unknown, mark);
                }
            }
            for position in 0..atoms {
                let unknown = unknowns.atoms[position].clone();
                if !unknown.is_past {
                    image.atoms[position] = unknowns.atom(&format!("{}{mark}", unknown.name), false);
                }
            }
            image
        };
        let images = vec![image(1, " if +nu", unknowns), image(-1, " if -nu", unknowns)];
        let outcomes = Outcomes { images, field };
        let points = std::mem::take(&mut unknowns.points);
        unknowns.points = points.iter().flat_map(|point| outcomes.points(point)).collect();
        outcomes
    }

    /// A point in each outcome, once where it is the same in both.
    fn points(&self, point: &Point) -> Vec<Point> {
        let mut points: Vec<Point> = Vec::new();
        for (number, image) in self.images.iter().enumerate() {
            let moved = Point {
                name: point.name.clone(),
                at: point.at.in_vectors(&image.vectors),
                gradient: point.gradient.in_vectors(&image.vectors),
                value: image.atoms[point.value],
                deviation: point.deviation.as_ref().map(|deviation| deviation.in_vectors(&image.vectors)),
            };
            let is_known = points.iter().any(|own| own.at == moved.at && own.value == moved.value);
            if !is_known {
                let mark = ["", "'"][number.min(1)];
                points.push(Point { name: format!("{}{mark}", moved.name), ..moved });
            }
        }
        points
    }

    /// The mean of a form over the outcomes.
    pub fn mean(&self, form: &Form) -> Form {
        let share = self.field.constant((1, i32::try_from(self.images.len()).unwrap_or(1)));
        let mut mean = Form::constant(self.field.zero());
        for image in &self.images {
            mean.add_scaled(&image.form(form, &self.field), &share);
        }
        mean
    }

    /// A form in each outcome.
    pub fn each(&self, form: &Form) -> Vec<Form> {
        let mut all: Vec<Form> = Vec::new();
        for image in &self.images {
            let form = image.form(form, &self.field);
            if !all.contains(&form) {
                all.push(form);
            }
        }
        all
    }
}

impl Image {
    fn form(&self, form: &Form, field: &Field) -> Form {
        // Atoms that came later are no matter of the draw.
        form.in_vectors(&self.vectors, field).with_atoms(|atom| self.atoms.get(atom).copied().unwrap_or(atom))
    }
}
