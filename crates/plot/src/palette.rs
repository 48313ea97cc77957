//! Colours: few, told apart by colour-blind eyes, on light paper and on dark.

/// A colour by its part in a picture or by its name.
///
/// The hues are those of M. Okabe and K. Ito, "Color Universal Design" (2008), the yellow left out:
/// it does not show on white.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "each is the colour it is named for")]
pub enum Paint {
    /// Text and axes.
    Ink,
    /// Notes and marks of second rank.
    Muted,
    /// Grid lines.
    Faint,
    /// The ground.
    Paper,
    Blue,
    Vermilion,
    Green,
    Orange,
    Sky,
    Purple,
    Grey,
    /// Black on any ground.
    Black,
    /// White on any ground.
    White,
    /// A shade of a ramp, by red, green and blue.
    Shade(u8, u8, u8),
}

impl Paint {
    /// Every named paint, with its name in style sheets and its colours on light and dark paper.
    const NAMED: [(Self, &'static str, &'static str, &'static str); 13] = [
        (Self::Ink, "ink", "#1a1a1a", "#e8e6e3"),
        (Self::Muted, "muted", "#595959", "#a8a5a0"),
        (Self::Faint, "faint", "#e3e3e3", "#34373b"),
        (Self::Paper, "paper", "#ffffff", "#16181b"),
        (Self::Blue, "blue", "#0072b2", "#4aa8e0"),
        (Self::Vermilion, "vermilion", "#d55e00", "#ff8a3d"),
        (Self::Green, "green", "#009e73", "#2fc79b"),
        (Self::Orange, "orange", "#e69f00", "#e8ac2b"),
        (Self::Sky, "sky", "#56b4e9", "#7cc8f2"),
        (Self::Purple, "purple", "#cc79a7", "#df9cc2"),
        (Self::Grey, "grey", "#b8b8b8", "#6b6e72"),
        (Self::Black, "black", "#1a1a1a", "#1a1a1a"),
        (Self::White, "white", "#ffffff", "#ffffff"),
    ];

    /// Paints of `count` things in order: distinct ones while they are few, else hues of a ramp.
    pub fn series(count: usize) -> Vec<Self> {
        if count <= DISTINCT.len() {
            return DISTINCT[..count].to_vec();
        }
        let share = |i| i as f64 / (count - 1) as f64;
        (0..count).map(|i| Self::hue(share(i))).collect()
    }

    /// A colour of lines by their order, from blue (0) by red to olive (1).
    ///
    /// All are of a middling lightness, so that each stands out from white and from black paper
    /// (with a contrast of 3 at least); what order they have is told by the hue. Shares outside 0
    /// to 1 have the nearer end's colour.
    fn hue(share: f64) -> Self {
        Self::between(
            &[
                [42, 120, 214],
                [126, 96, 224],
                [189, 74, 178],
                [214, 66, 92],
                [208, 88, 20],
                [160, 122, 0],
                [104, 138, 20],
            ],
            share,
        )
    }

    /// A colour of the ramp from dark violet (0) to yellow (1), whose lightness grows evenly.
    ///
    /// Shares outside 0 to 1 have the nearer end's colour.
    ///
    /// # Source
    /// Viridis of S. van der Walt and N. Smith (2015), linear between every eighth of it.
    pub fn ramp(share: f64) -> Self {
        const STOPS: [[u8; 3]; 9] = [
            [68, 1, 84],
            [71, 44, 122],
            [59, 81, 139],
            [44, 113, 142],
            [33, 144, 141],
            [39, 173, 129],
            [92, 200, 99],
            [170, 220, 50],
            [253, 231, 37],
        ];
        Self::between(&STOPS, share)
    }

    /// The shade at a share of the way along evenly spaced stops, linear between two of them.
    fn between(stops: &[[u8; 3]], share: f64) -> Self {
        let at = share.clamp(0.0, 1.0) * (stops.len() - 1) as f64;
        let below = (at as usize).min(stops.len() - 2);
        let rest = at - below as f64;
        let [r, g, b] = [0, 1, 2].map(|i| {
            let (low, high) = (f64::from(stops[below][i]), f64::from(stops[below + 1][i]));
            (low + rest * (high - low) + 0.5) as u8
        });
        Self::Shade(r, g, b)
    }

    /// The name of the paint's variable in a page's style sheet, without `--`; a shade's own value,
    /// as in `#1f77b4`.
    pub fn css_name(self) -> String {
        match self {
            Self::Shade(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
            named => named.entry().0.to_owned(),
        }
    }

    /// Declarations of every named paint's variable, for a style sheet's light or dark rule.
    pub fn css_variables(dark: bool) -> String {
        let declared = Self::NAMED.iter().map(|(_, name, light, darker)| {
            format!("--{name}:{};", if dark { darker } else { light })
        });
        declared.collect()
    }

    /// The colour's value in an SVG attribute.
    pub(crate) fn value(self, theme: Theme) -> String {
        match (self, theme) {
            (Self::Shade(..), _) => self.css_name(),
            (named, Theme::Print) => named.entry().1.to_owned(),
            (named, Theme::Page) => format!("var(--{})", named.entry().0),
        }
    }

    /// A named paint's name and its colour on light paper; a shade has those of ink.
    fn entry(self) -> (&'static str, &'static str) {
        let mut named = Self::NAMED.iter();
        let found = named.find(|(paint, ..)| *paint == self);
        let (_, name, light, _) = found.unwrap_or(&Self::NAMED[0]);
        (name, light)
    }
}

/// The place where a picture is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// On white paper: colours are in the picture.
    Print,
    /// In the page: colours are the page's variables, and follow it into the dark.
    Page,
}

/// Paints of things that have no order, the first ones first.
const DISTINCT: [Paint; 6] = [
    Paint::Blue,
    Paint::Vermilion,
    Paint::Green,
    Paint::Purple,
    Paint::Orange,
    Paint::Sky,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ramp_runs_from_end_to_end() {
        assert_eq!(Paint::ramp(0.0), Paint::Shade(68, 1, 84));
        assert_eq!(Paint::ramp(0.5), Paint::Shade(33, 144, 141));
        assert_eq!(Paint::ramp(1.0), Paint::Shade(253, 231, 37));
        assert_eq!(Paint::ramp(f64::INFINITY), Paint::ramp(1.0));
    }

    /// The ratio of luminances that WCAG 2.1 defines, of a line and the paper it is on.
    fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
        let linear = |channel: u8| match f64::from(channel) / 255.0 {
            c if c <= 0.040_45 => c / 12.92,
            c => libm::pow((c + 0.055) / 1.055, 2.4),
        };
        let luminance =
            |[r, g, b]: [u8; 3]| 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
        let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
        a.max(b) / a.min(b)
    }

    #[test]
    fn hues_stand_out_from_both_papers() {
        for paint in Paint::series(40) {
            let Paint::Shade(r, g, b) = paint else {
                panic!("{paint:?} is no shade");
            };
            for paper in [[0xff, 0xff, 0xff], [0x16, 0x18, 0x1b]] {
                let found = contrast([r, g, b], paper);
                assert!(found >= 3.0, "{paint:?} on {paper:?}: {found}");
            }
        }
    }

    #[test]
    fn paints_differ() {
        for count in [0, 1, 6, 7, 12] {
            let paints = Paint::series(count);
            assert_eq!(paints.len(), count);
            for (i, paint) in paints.iter().enumerate() {
                assert!(!paints[..i].contains(paint), "{count}: {paint:?}");
            }
        }
    }
}
