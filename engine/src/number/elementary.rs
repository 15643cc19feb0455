//! Exponential, hyperbolic tangent and error function without branches, so that a loop over an array is one of vectors: a network of
//! tanh or erf spends more on these than on its products where they are called one by one. The bits depend on neither the width of
//! the vectors nor the processor: no product is fused with a sum.

macro_rules! elementary {
    (
        $module:ident, $float:ty, $mantissa:literal, $bias:literal, $low_bits:literal, ln 2: $ln_2:expr,
        exp: $exp_range:expr, $exp_terms:expr, tanh: $tanh_end:literal, erf: $erf_terms:expr, erfc: $erfc_end:literal, $erfc_terms:expr
    ) => {
        pub(super) mod $module {
            /// Added and taken away again it leaves an integer: its last digit is worth 1. The integer stands in its last bits.
            const SHIFT: $float = 3.0 * (1_u64 << ($mantissa - 1)) as $float;
            /// Its last bits are zero, so that products with exponents are exact, and what it lacks.
            const LN_2: [$float; 2] = $ln_2;
            /// Zero and infinity lie beyond.
            const EXP_RANGE: [$float; 2] = $exp_range;
            /// `1 / j!` from `j = 2` on: Taylor's series, cut below half an ulp at `ln 2 / 2`.
            const EXP: &[$float] = &$exp_terms;
            /// `2/√π (-1)^j / (j! (2j + 1))`: Taylor's series, cut below half an ulp at 1/2.
            const ERF: &[$float] = &$erf_terms;
            /// `(1 + 2x) e^{x²} erfc(x)` in `(x - 3) / (x + 3)`: `tests/exact/erfc.py`.
            const ERFC: &[$float] = &$erfc_terms;

            #[inline(always)]
            fn polynomial(coefficients: &[$float], x: $float) -> $float {
                coefficients.iter().rev().fold(0.0, |sum, &c| sum * x + c)
            }

            /// Unlike `min` it keeps what is not a number.
            #[inline(always)]
            fn at_most(x: $float, end: $float) -> $float {
                if x > end { end } else { x }
            }

            #[inline(always)]
            fn nearest_integer(x: $float) -> $float {
                (x + SHIFT) - SHIFT
            }

            /// Of an integer that is the exponent of a normal number.
            #[inline(always)]
            fn power_of_two(k: $float) -> $float {
                <$float>::from_bits((k + SHIFT).to_bits().wrapping_add($bias) << $mantissa)
            }

            /// `x + rest = k ln 2 + r` with `|r|` up to about `ln 2 / 2`: `k` and `e^r - 1`.
            #[inline(always)]
            fn reduced(x: $float, rest: $float) -> ($float, $float) {
                let k = nearest_integer(x * std::f64::consts::LOG2_E as $float);
                let r = ((x - k * LN_2[0]) - k * LN_2[1]) + rest;
                (k, r + r * r * polynomial(EXP, r))
            }

            /// `e^{x + rest}`, where `rest` is small.
            #[inline(always)]
            fn exp_of_sum(x: $float, rest: $float) -> $float {
                let x = at_most(x, EXP_RANGE[1]);
                let x = if x < EXP_RANGE[0] { EXP_RANGE[0] } else { x };
                let (k, less_one) = reduced(x, rest);
                // Twice, so that the exponents of subnormal numbers and of the largest ones are reached.
                let half = nearest_integer(k * 0.5);
                (1.0 + less_one) * power_of_two(half) * power_of_two(k - half)
            }

            #[inline(always)]
            pub fn exp(x: $float) -> $float {
                exp_of_sum(x, 0.0)
            }

            /// `(e^{2|x|} - 1) / (e^{2|x|} + 1)` with the sign of `x`.
            #[inline(always)]
            pub fn tanh(x: $float) -> $float {
                let (k, less_one) = reduced(at_most(2.0 * x.abs(), $tanh_end), 0.0);
                let scale = power_of_two(k);
                let less_one = scale * less_one + (scale - 1.0);
                (less_one / (less_one + 2.0)).copysign(x)
            }

            /// `erf(x)` of `|x|` up to 1/2.
            #[inline(always)]
            fn near(x: $float) -> $float {
                x * polynomial(ERF, x * x)
            }

            /// `erfc(x)` of `x >= 0`, with its digits in the tail.
            #[inline(always)]
            fn tail(x: $float) -> $float {
                let x = at_most(x, $erfc_end);
                // x² with twice the digits: the square of the upper half of them is exact.
                let upper = <$float>::from_bits(x.to_bits() >> $low_bits << $low_bits);
                let gaussian = exp_of_sum(-upper * upper, -(x - upper) * (x + upper));
                gaussian * (polynomial(ERFC, (x - 3.0) / (x + 3.0)) / (1.0 + 2.0 * x))
            }

            #[inline(always)]
            pub fn erfc(x: $float) -> $float {
                let tail = tail(x.abs());
                let far = if x < 0.0 { 2.0 - tail } else { tail };
                if x.abs() < 0.5 { 1.0 - near(x) } else { far }
            }

            #[inline(always)]
            pub fn erf(x: $float) -> $float {
                let far = (1.0 - tail(x.abs())).copysign(x);
                if x.abs() < 0.5 { near(x) } else { far }
            }
        }
    };
}

/// `1 / j!` from `j = 2` on.
const fn exp_terms<const N: usize>() -> [f64; N] {
    let (mut terms, mut factorial, mut j) = ([0.0; N], 1.0, 0);
    while j < N {
        factorial *= (j + 2) as f64;
        terms[j] = 1.0 / factorial;
        j += 1;
    }
    terms
}

/// `2/√π (-1)^j / (j! (2j + 1))`.
const fn erf_terms<const N: usize>() -> [f64; N] {
    let (mut terms, mut term, mut j) = ([0.0; N], std::f64::consts::FRAC_2_SQRT_PI, 0);
    while j < N {
        terms[j] = term / (2 * j + 1) as f64;
        j += 1;
        term /= -(j as f64);
    }
    terms
}

const fn single<const N: usize>(terms: [f64; N]) -> [f32; N] {
    let (mut rounded, mut j) = ([0.0; N], 0);
    while j < N {
        rounded[j] = terms[j] as f32;
        j += 1;
    }
    rounded
}

elementary!(
    double, f64, 52, 1023, 27, ln 2: [6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10],
    exp: [-746.0, 710.0], super::exp_terms::<12>(), tanh: 44.0, erf: super::erf_terms::<13>(), erfc: 28.0, [
        1.253_008_058_269_729_7,
        -0.135_621_106_124_581_15,
        -0.047_562_294_353_449_2,
        0.129_645_158_702_759_4,
        -0.119_273_663_415_386_38,
        0.068_308_027_344_009_9,
        -0.023_770_514_917_171_34,
        0.002_529_391_815_693_969_5,
        0.001_888_690_344_999_172,
        -7.798_322_696_543_307e-4,
        -1.051_597_195_844_806_5e-4,
        1.250_993_424_583_729e-4,
        4.949_196_649_968_345e-6,
        -2.010_054_226_852_561e-5,
        -7.308_281_468_783_614e-7,
        3.472_370_944_977_168e-6,
        3.557_608_668_408_059e-7,
        -6.166_011_460_398_726e-7,
        -1.404_765_431_542_846_2e-7,
        1.018_362_060_384_273_7e-7,
        4.106_401_366_794_035e-8,
        -1.331_291_966_103_868_8e-8,
        -8.217_595_058_711_454e-9,
        9.862_533_510_345_588e-10,
        8.393_734_858_690_877e-10,
    ]
);
elementary!(
    single, f32, 23, 127, 12, ln 2: [0.693_359_4, -2.121_944_4e-4],
    exp: [-104.0, 89.0], super::single(super::exp_terms::<6>()), tanh: 20.0, erf: super::single(super::erf_terms::<8>()),
    erfc: 10.5, [
        1.253_008_1,
        -0.135_621_07,
        -0.047_562_156,
        0.129_644_11,
        -0.119_275_27,
        0.068_316_57,
        -0.023_763_576,
        0.002_499_116_9,
        0.001_875_079_1,
        -7.264_537e-4,
        -9.254_517e-5,
        7.731_024e-5,
    ]
);

#[cfg(test)]
mod tests {
    use crate::data::Seed;

    /// At most so many ulps from another library's value in double precision, of subnormal numbers too.
    macro_rules! assert_near {
        ($float:ty, $module:ident::$name:ident, $bound:literal, $points:expr) => {
            let mut worst: ($float, $float) = (0.0, 0.0);
            for x in $points {
                let x = x as $float;
                let (ours, theirs) = (super::$module::$name(x), libm::$name(f64::from(x)) as $float);
                if ours.to_bits() != theirs.to_bits() {
                    let ulp = <$float>::from_bits(theirs.abs().to_bits() + 1) - theirs.abs();
                    let ulps = (ours - theirs).abs() / ulp;
                    assert!(ulps <= $bound, "{} at {x:e}: {ours:e}, not {theirs:e}: {ulps} ulp", stringify!($name));
                    worst = if ulps > worst.0 { (ulps, x) } else { worst };
                }
            }
            println!("{} {}: {} ulp at {:e}", stringify!($float), stringify!($name), worst.0, worst.1);
        };
    }

    /// Of either sign and of every size up to an end, and close to each other.
    fn points(end: f64) -> Vec<f64> {
        let mut uniform = Seed(7).uniforms(0);
        let spread = (0..200_000).map(|k| {
            let share = uniform();
            let size = if k % 2 == 0 { end * share } else { end * (-720.0 * share * share).exp() };
            if k % 4 < 2 { size } else { -size }
        });
        spread
            .chain([0.0, -0.0, f64::MIN_POSITIVE, f64::MAX, f64::MIN, 5e-324, f64::INFINITY, f64::NEG_INFINITY])
            .collect()
    }

    #[test]
    fn every_size_has_its_digits() {
        assert_near!(f64, double::exp, 2.0, points(760.0));
        assert_near!(f64, double::tanh, 3.0, points(24.0));
        assert_near!(f64, double::erf, 3.0, points(7.0));
        assert_near!(f64, double::erfc, 4.0, points(29.0));
        assert_near!(f32, single::exp, 2.0, points(110.0));
        assert_near!(f32, single::tanh, 3.0, points(12.0));
        assert_near!(f32, single::erf, 3.0, points(5.0));
        assert_near!(f32, single::erfc, 4.0, points(11.0));
    }

    #[test]
    fn what_is_not_a_number_stays_so() {
        let nan = f64::NAN;
        let double =
            [super::double::exp(nan), super::double::tanh(nan), super::double::erf(nan), super::double::erfc(nan)];
        assert!(double.iter().all(|v| v.is_nan()));
        let nan = f32::NAN;
        let single =
            [super::single::exp(nan), super::single::tanh(nan), super::single::erf(nan), super::single::erfc(nan)];
        assert!(single.iter().all(|v| v.is_nan()));
    }
}
