//! Figures of the spectra of neurons: how near their weights are to waves, and to the analytic ones.

use sparsegrok_kernel::Level;
use sparsegrok_lanes::{Onto, ProductShape, ROWS, Simd, Strided, Task, multiply};

use crate::layers::Layers;
use crate::spec::Operation;

/// Inverse participation ratio above which a neuron is periodic.
const PERIODIC: f64 = 0.5;

/// Figures of all neurons.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SpectrumFigures {
    /// Mean inverse participation ratio of neurons.
    pub(crate) ipr: f64,
    /// Share of periodic neurons.
    pub(crate) periodic_share: f64,
    /// Share of the squared weights outside the analytic ones; `None` where the operation has none.
    pub(crate) analytic_distance: Option<f64>,
}

/// Computes the figures of spectra. `Time: O(N · p²)`
///
/// # Formula
/// The weights of neuron k are three functions of a class: a column of U, one of V, and a row of W. P_f, the power of a
/// function x at frequency f ≤ p/2, is |Σ_a x_a e^{−2πifa/p}|², counted twice where −f is another frequency. Its inverse
/// participation ratio is Σ_f P_f² / (Σ_f P_f)²; the neuron's is the mean of the three.
///
/// The analytic weights of a neuron are cos(2πfa/p + φ₁), cos(±2πfb/p + φ₂), cos(2πfc/p + φ₁ + φ₂), the sign being that
/// of b in the operation. Here f is the frequency from 1 on at which the three have the most power in all, φ₁ and φ₂ are
/// the phases of U and V there, and each may have an amplitude of its own. The distance is the share of the squared weights
/// that is left when the nearest such functions are subtracted.
///
/// # References
/// D. Doshi et al., arXiv 2310.13061, section 2 (the ratio of fourth to second powers of Fourier coefficients; here the
/// two of a real wave are one, so that it is 1); A. Gromov, arXiv 2301.02679, section 3.
pub(crate) fn spectrum_figures(
    level: Level,
    layers: &Layers,
    operation: Operation,
) -> SpectrumFigures {
    let neurons = layers.size.neurons;
    let waves = Waves::new(layers.size.classes);
    let output_weights = layers.output_weights();
    let all = [&layers.u, &layers.v, &output_weights].map(|matrix| waves.spectra(level, matrix));
    let sign = operation.sign_of_second();
    let (mut ratios, mut periodic) = (0.0, 0);
    let (mut outside, mut total) = (0.0, 0.0);
    for k in 0..neurons {
        let spectra = all.each_ref().map(|spectra| spectra.of_column(k));
        let ipr = spectra.iter().map(Spectrum::ipr).sum::<f64>() / 3.0;
        ratios += ipr;
        periodic += usize::from(ipr > PERIODIC);
        if let Some(sign) = sign {
            let all: f64 = spectra.iter().map(Spectrum::total).sum();
            outside += all - analytic_part(&spectra, sign);
            total += all;
        }
    }
    SpectrumFigures {
        ipr: ratios / neurons as f64,
        periodic_share: periodic as f64 / neurons as f64,
        analytic_distance: sign.and((total > 0.0).then(|| (outside / total).max(0.0))),
    }
}

/// The part of a neuron's power that is of analytic weights.
fn analytic_part(spectra: &[Spectrum; 3], sign: f64) -> f64 {
    let [u, v, w] = spectra;
    let power = |f: usize| u.power[f] + v.power[f] + w.power[f];
    let frequencies = 1..u.power.len();
    let Some(f) = frequencies.max_by(|&f, &g| power(f).total_cmp(&power(g))) else {
        return 0.0;
    };
    // Amplitudes are not negative: a wave of the opposite sign is as far away as any.
    let along = libm::cos(w.phase(f) - u.phase(f) - sign * v.phase(f)).max(0.0);
    u.power[f] + v.power[f] + w.power[f] * along * along
}

/// Cosines and sines of the frequencies up to p/2 on the classes.
pub(crate) struct Waves {
    classes: usize,
    /// Rows of cos(2πfa/p) and −sin(2πfa/p), a < p, by turns, and rows of zeros to whole tiles of a product.
    basis: Vec<f32>,
}

impl Waves {
    fn new(classes: usize) -> Self {
        let frequencies = classes / 2 + 1;
        let mut basis = vec![0.0; (2 * frequencies).next_multiple_of(ROWS) * classes];
        for (f, rows) in basis
            .chunks_exact_mut(2 * classes)
            .take(frequencies)
            .enumerate()
        {
            let (cosines, sines) = rows.split_at_mut(classes);
            for (a, (cosine, sine)) in cosines.iter_mut().zip(sines).enumerate() {
                let turn = (f * a % classes) as f64 / classes as f64;
                let angle = 2.0 * std::f64::consts::PI * turn;
                (*cosine, *sine) = (libm::cos(angle) as f32, -libm::sin(angle) as f32);
            }
        }
        Self { classes, basis }
    }

    /// The spectra of the columns of a matrix of p rows.
    fn spectra<'s>(&'s self, level: Level, matrix: &'s [f32]) -> Spectra {
        let columns = matrix.len() / self.classes;
        Spectra {
            classes: self.classes,
            columns,
            coefficients: level.run(Transform {
                waves: self,
                matrix,
                columns,
            }),
        }
    }
}

/// The product of the basis with a matrix.
struct Transform<'t> {
    waves: &'t Waves,
    matrix: &'t [f32],
    columns: usize,
}

impl Task for Transform<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> Vec<f32> {
        let Waves { classes, basis } = self.waves;
        let shape = ProductShape {
            m: basis.len() / classes,
            n: self.columns,
            k: *classes,
        };
        let basis = Strided {
            numbers: basis,
            row: *classes,
            column: 1,
        };
        let mut coefficients = vec![0.0; shape.m * shape.n];
        multiply(
            simd,
            shape,
            basis,
            self.matrix,
            &mut coefficients,
            Onto::Zeros,
        );
        coefficients
    }
}

/// Fourier coefficients of many functions of a class, a column each.
struct Spectra {
    classes: usize,
    columns: usize,
    coefficients: Vec<f32>,
}

impl Spectra {
    fn of_column(&self, k: usize) -> Spectrum {
        let p = self.classes;
        let rows = self.coefficients.chunks_exact(2 * self.columns);
        let rows = rows.take(p / 2 + 1);
        let parts = |row: &[f32]| (f64::from(row[k]), f64::from(row[self.columns + k]));
        let coefficients: Vec<(f64, f64)> = rows.map(parts).collect();
        let times = |f: usize| if f == 0 || 2 * f == p { 1.0 } else { 2.0 };
        let powers = coefficients.iter().enumerate();
        let powers = powers.map(|(f, (re, im))| times(f) * (re * re + im * im));
        Spectrum {
            power: powers.collect(),
            coefficients,
        }
    }
}

/// The spectrum of a function of a class.
struct Spectrum {
    /// Fourier coefficients of the frequencies from 0 to p/2: real and imaginary parts.
    coefficients: Vec<(f64, f64)>,
    /// Their powers; their sum is p times the sum of squares.
    power: Vec<f64>,
}

impl Spectrum {
    fn total(&self) -> f64 {
        self.power.iter().sum()
    }

    /// The inverse participation ratio; 0 of a function that is 0.
    fn ipr(&self) -> f64 {
        let total = self.total();
        let fourth: f64 = self.power.iter().map(|power| power * power).sum();
        if total > 0.0 {
            fourth / (total * total)
        } else {
            0.0
        }
    }

    /// The phase φ of the wave cos(2πfa/p + φ) in it.
    fn phase(&self, f: usize) -> f64 {
        let (re, im) = self.coefficients[f];
        libm::atan2(im, re)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analytic::analytic_layers;
    use crate::layers::Size;

    #[test]
    fn analytic_weights_are_waves_at_no_distance_and_random_ones_are_neither() {
        let size = Size {
            classes: 23,
            neurons: 40,
        };
        for operation in [Operation::Add, Operation::Subtract] {
            let layers = analytic_layers(size, operation, 3);
            for level in Level::available() {
                let found = spectrum_figures(level, &layers, operation);
                assert!((found.ipr - 1.0).abs() < 1e-5, "{found:?}");
                assert_eq!(found.periodic_share, 1.0);
                assert!(found.analytic_distance.unwrap() < 1e-5, "{found:?}");
            }
            // Of another operation the input waves are right, and the output's phase by chance.
            let other = match operation {
                Operation::Add => Operation::Subtract,
                _ => Operation::Add,
            };
            let found = spectrum_figures(Level::Portable, &layers, other);
            let distance = found.analytic_distance.unwrap();
            assert!((0.15..0.4).contains(&distance), "{distance}");
        }
        let random = Layers::draw(
            Size {
                classes: 97,
                neurons: 300,
            },
            0.5,
            1,
        );
        let found = spectrum_figures(Level::Portable, &random, Operation::Multiply);
        // Powers of independent normals are exponential: Σ P²/(ΣP)² is about 2 over their number.
        assert!((found.ipr * 49.0 / 2.0 - 1.0).abs() < 0.1, "{found:?}");
        assert_eq!((found.periodic_share, found.analytic_distance), (0.0, None));
    }

    #[test]
    fn a_spectrum_is_that_of_the_definition() {
        let values = [0.5_f32, -1.25, 2.0, 0.75, -0.5, 1.0, 3.0, -2.0];
        for p in [7, 8] {
            let matrix: Vec<f32> = values[..p].iter().flat_map(|&x| [x; 16]).collect();
            let spectrum = Waves::new(p).spectra(Level::Portable, &matrix).of_column(5);
            let squares: f64 = values[..p].iter().map(|&x| f64::from(x * x)).sum();
            assert!((spectrum.total() - p as f64 * squares).abs() < 1e-4);
            for f in 0..=p / 2 {
                let angle = |a: usize| 2.0 * std::f64::consts::PI * (f * a) as f64 / p as f64;
                let sum = |part: fn(f64) -> f64| {
                    let terms = values[..p].iter().enumerate();
                    terms
                        .map(|(a, &x)| f64::from(x) * part(angle(a)))
                        .sum::<f64>()
                };
                let (re, im) = spectrum.coefficients[f];
                assert!((re - sum(f64::cos)).abs() < 1e-5 && (im + sum(f64::sin)).abs() < 1e-5);
            }
        }
    }
}
