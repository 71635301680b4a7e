//! Where a value stands on an axis, and which values are written at it. No I/O.

/// Values of which the largest is more than so many times the smallest do not fit on a linear axis.
const LINEAR_RATIO_MAX: f64 = 50.0;
/// Steps of a linear axis, at the most.
const STEPS_MAX: f64 = 6.0;

/// An axis from zero up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// The largest value.
    max: f64,
    /// Below this a logarithmic axis is nearly linear, so that zero has a place; `None` is linear all the way.
    unit: Option<f64>,
}

impl Scale {
    /// Linear.
    #[must_use]
    pub fn linear(max: f64) -> Self {
        Self { max: if max > 0.0 { max } else { 1.0 }, unit: None }
    }

    /// The one that these values, none of them negative, are told apart on.
    #[must_use]
    pub fn fitting(values: impl Iterator<Item = f64>) -> Self {
        let (mut least, mut max) = (f64::MAX, 0.0_f64);
        for value in values.filter(|value| *value > 0.0) {
            least = least.min(value);
            max = max.max(value);
        }
        let linear = Self::linear(max);
        if max <= least * LINEAR_RATIO_MAX {
            return linear;
        }
        Self { unit: Some(10_f64.powf(least.log10().floor())), ..linear }
    }

    /// Where a value stands; zero stands at zero.
    #[must_use]
    pub fn place(&self, value: f64) -> f64 {
        self.unit.map_or(value, |unit| (value.max(0.0) / unit).ln_1p())
    }

    /// The value that stands at a place.
    #[must_use]
    pub fn at(&self, place: f64) -> f64 {
        self.unit.map_or(place, |unit| place.exp_m1() * unit)
    }

    /// The values to write, ascending from zero; the last one is not below the largest.
    #[must_use]
    pub fn ticks(&self) -> Vec<f64> {
        let Some(unit) = self.unit else { return self.linear_ticks() };
        let mut ticks = vec![0.0];
        let mut decade = unit;
        loop {
            for factor in [1.0, 3.0] {
                ticks.push(decade * factor);
                if decade * factor >= self.max {
                    return ticks;
                }
            }
            decade *= 10.0;
        }
    }

    fn linear_ticks(&self) -> Vec<f64> {
        let decade = 10_f64.powf((self.max / STEPS_MAX).log10().floor());
        let step =
            [1.0, 2.0, 5.0, 10.0].map(|factor| factor * decade).into_iter().find(|step| self.max / step <= STEPS_MAX);
        let step = step.unwrap_or(self.max);
        let mut ticks = vec![0.0];
        let mut count = 0.0;
        while ticks.last().is_some_and(|last| *last < self.max) {
            count += 1.0;
            ticks.push(count * step);
        }
        ticks
    }
}

/// A value as it is written at an axis: three digits at the most after the point, and none that say nothing.
#[must_use]
pub fn written(value: f64) -> String {
    let value = (value * 1_000.0).round() / 1_000.0;
    if value >= 10_000.0 {
        let thousands = value / 1_000.0;
        return if thousands.fract() == 0.0 { format!("{thousands:.0}k") } else { format!("{thousands:.1}k") };
    }
    three_digits(value)
}

/// A value with three digits at the most after the point, and none that say nothing.
#[must_use]
pub fn three_digits(value: f64) -> String {
    format!("{value:.3}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_go_beyond_the_largest_value() {
        let rows: [(&[f64], &[&str]); 6] = [
            (&[330.0, 20.0], &["0", "100", "200", "300", "400"]),
            (&[55.0, 20.0], &["0", "10", "20", "30", "40", "50", "60"]),
            (&[0.5, 0.4], &["0", "0.1", "0.2", "0.3", "0.4", "0.5"]),
            (&[10.0, 7_000.0], &["0", "10", "30", "100", "300", "1000", "3000", "10k"]),
            (&[0.02, 3.0], &["0", "0.01", "0.03", "0.1", "0.3", "1", "3"]),
            (&[0.0], &["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        ];
        for (values, expected) in rows {
            let ticks = Scale::fitting(values.iter().copied()).ticks();
            assert_eq!(ticks.iter().map(|tick| written(*tick)).collect::<Vec<_>>(), expected, "{values:?}");
        }
    }

    #[test]
    fn larger_values_stand_further_up_and_zero_at_zero() {
        for scale in [Scale::linear(9.0), Scale::fitting([1.0, 1_000.0].into_iter())] {
            let places = [0.0, 0.5, 1.0, 9.0, 100.0].map(|value| scale.place(value));
            assert!(places[0].abs() < 1e-12 && places.is_sorted_by(|a, b| a < b), "{places:?}");
            assert_eq!(written(scale.at(places[3])), "9", "and back");
        }
    }
}
