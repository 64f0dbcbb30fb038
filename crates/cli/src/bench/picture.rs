//! Diagrams in SVG: axes that begin at zero, lines, and labels at their points. Texts are our own and hold no markup.

use std::fmt::Write;

/// Width of every picture, in pixels.
pub(super) const WIDTH: f64 = 720.0;
/// More marks than an axis has room for.
const TICKS_MAX: u32 = 20;

/// What a line or a text is about.
#[derive(Clone, Copy)]
pub(super) enum Ink {
    /// The picture itself: title and axes.
    Plain,
    /// The figure that the picture is about.
    Main,
    /// What stands beside it.
    Beside,
}

impl Ink {
    const fn class(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Main => "main",
            Self::Beside => "beside",
        }
    }
}

/// A mark on an axis: where, in figures, and what stands there.
pub(super) type Tick = (f64, String);

/// A picture that is being drawn.
pub(super) struct Picture(String);

/// A diagram's place in a picture, in pixels, and the figures at which its axes end.
pub(super) struct Panel {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
    pub(super) x_end: f64,
    pub(super) y_end: f64,
}

impl Panel {
    fn x(&self, value: f64) -> f64 {
        self.left + value / self.x_end * (self.right - self.left)
    }

    fn y(&self, value: f64) -> f64 {
        self.bottom - value / self.y_end * (self.bottom - self.top)
    }
}

// Writing to a `String` cannot fail.
impl Picture {
    /// `about` is what is read to those who do not see it.
    pub(super) fn new(height: f64, about: &str) -> Self {
        Self(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{about}\">\n\
             <style>svg{{background:#fff;font:12px sans-serif}}text{{fill:#333}}.grid{{stroke:#ddd}}\
             text.main,circle.main{{fill:#0b6e4f}}text.beside{{fill:#b3541e}}\
             polyline{{fill:none;stroke-width:2}}polyline.main{{stroke:#0b6e4f}}polyline.beside{{stroke:#b3541e}}</style>\n"
        ))
    }

    /// A text that begins at `(x, y)`, in pixels.
    pub(super) fn text(&mut self, ink: Ink, (x, y): (f64, f64), text: &str) {
        let class = ink.class();
        let _ = writeln!(self.0, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{text}</text>");
    }

    /// Both axes; a line runs through the diagram at each mark of the upright one.
    pub(super) fn axes(&mut self, panel: &Panel, x: &[Tick], y: &[Tick], x_name: &str) {
        for (value, mark) in y {
            let at = panel.y(*value);
            let _ = writeln!(
                self.0,
                "<line class=\"grid\" x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{mark}</text>",
                panel.left,
                panel.right,
                panel.left - 8.0,
                at + 4.0,
            );
        }
        let mut below = |at: f64, y: f64, text: &str| {
            let _ = writeln!(
                self.0,
                "<text x=\"{at:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{text}</text>"
            );
        };
        for (value, mark) in x {
            below(panel.x(*value), panel.bottom + 20.0, mark);
        }
        below(f64::midpoint(panel.left, panel.right), panel.bottom + 40.0, x_name);
    }

    /// A line through points, each in figures.
    pub(super) fn line(
        &mut self,
        panel: &Panel,
        ink: Ink,
        points: impl Iterator<Item = (f64, f64)>,
    ) {
        let points: Vec<String> =
            points.map(|(x, y)| format!("{:.1},{:.1}", panel.x(x), panel.y(y))).collect();
        let (class, points) = (ink.class(), points.join(" "));
        let _ = writeln!(self.0, "<polyline class=\"{class}\" points=\"{points}\"/>");
    }

    /// A point of the main line, in figures, with a label above it.
    pub(super) fn mark(&mut self, panel: &Panel, (x, y): (f64, f64), label: &str) {
        let (x, y) = (panel.x(x), panel.y(y));
        let above = y - 8.0;
        let _ = writeln!(
            self.0,
            "<circle class=\"main\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>\
             <text class=\"main\" x=\"{x:.1}\" y=\"{above:.1}\" text-anchor=\"middle\">{label}</text>"
        );
    }

    pub(super) fn svg(mut self) -> String {
        self.0.push_str("</svg>\n");
        self.0
    }
}

/// Where an axis ends that has to hold these figures: at a multiple of `round`, so that what stands at its marks is round.
pub(super) fn end(figures: impl Iterator<Item = f64>, round: f64) -> f64 {
    (figures.fold(round, f64::max) / round).ceil() * round
}

/// Marks at every `step` from zero to the axis' end.
pub(super) fn ticks(step: f64, end: f64, digits: usize) -> Vec<Tick> {
    // Half a step more, so that the last one is not lost to rounding.
    let values = (0..=TICKS_MAX).map(|count| step * f64::from(count));
    let values = values.take_while(|value| *value < end + step / 2.0);
    values.map(|value| (value, format!("{value:.digits$}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panel() -> Panel {
        Panel { left: 60.0, right: 660.0, top: 50.0, bottom: 250.0, x_end: 10.0, y_end: 2.0 }
    }

    #[test]
    fn axes_end_at_a_round_figure_and_hold_what_is_largest() {
        let ends = |figures: &[f64]| end(figures.iter().copied(), 2_500.0);
        assert_eq!(ends(&[]).to_string(), "2500");
        assert_eq!(ends(&[1.0, 2_500.0]).to_string(), "2500");
        assert_eq!(ends(&[2_501.0, 3.0]).to_string(), "5000");
    }

    #[test]
    fn marks_go_from_zero_to_the_end() {
        let marks = |step: f64, end: f64, digits: usize| -> Vec<String> {
            ticks(step, end, digits).into_iter().map(|(_, mark)| mark).collect()
        };
        assert_eq!(marks(2_500.0, 7_500.0, 0), ["0", "2500", "5000", "7500"]);
        assert_eq!(marks(0.25, 0.75, 2), ["0.00", "0.25", "0.50", "0.75"]);
        assert_eq!(marks(0.1, 0.3, 1), ["0.0", "0.1", "0.2", "0.3"], "0.1 * 3.0 is above 0.3");
    }

    #[test]
    fn figures_come_to_their_place() {
        let mut picture = Picture::new(300.0, "growth");
        picture.line(&panel(), Ink::Main, [(0.0, 0.0), (5.0, 1.0), (10.0, 2.0)].into_iter());
        picture.mark(&panel(), (5.0, 1.0), "42");
        let svg = picture.svg();
        assert!(svg.contains("points=\"60.0,250.0 360.0,150.0 660.0,50.0\""), "{svg}");
        assert!(svg.contains("cx=\"360.0\" cy=\"150.0\""), "{svg}");
        assert!(svg.contains("y=\"142.0\" text-anchor=\"middle\">42</text>"), "{svg}");
    }

    #[test]
    fn a_picture_is_one_element_that_is_closed() {
        let mut picture = Picture::new(300.0, "growth");
        let marks = ticks(0.5, 2.0, 1);
        picture.text(Ink::Plain, (60.0, 20.0), "Growth");
        picture.axes(&panel(), &[(1.0, "1k".to_owned())], &marks, "accounts");
        let svg = picture.svg();
        let count = |text: &str| svg.matches(text).count();
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"), "{svg}");
        assert_eq!(count("<text"), count("</text>"));
        assert_eq!(count("<line"), marks.len());
        assert_eq!(count("<text"), 1 + marks.len() + 2);
    }
}
