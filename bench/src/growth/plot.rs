//! The plot: the cost of each operation relative to the smallest size, and memory against idle connections.

use std::fmt::Write;
use std::iter::successors;

use super::table::{Growth, IdleService, thousands};

const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 220.0;
/// Space around the lines of a panel, for its labels.
const LEFT: f64 = 50.0;
const TOP: f64 = 40.0;
/// Height of a line of the legend.
const LEGEND: f64 = 16.0;
const COLOURS: [&str; 6] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];

/// A panel with lines over a logarithmic axis.
struct Panel {
    title: String,
    unit: &'static str,
    sizes: Vec<usize>,
    lines: Vec<(String, Vec<f64>)>,
    /// The value that no line may exceed.
    limit: f64,
    /// The range of the vertical axis, and the distance of its marks.
    range: (f64, f64, f64),
}

/// Renders all panels side by side.
pub fn render(growths: &[&Growth], idle: &[IdleService]) -> String {
    let mut panels: Vec<Panel> = growths.iter().map(|growth| relative(growth)).collect();
    panels.push(memory(idle));
    let width = (LEFT + WIDTH) * panels.len() as f64 + 30.0;
    let height = TOP + HEIGHT + 30.0 + LEGEND * COLOURS.len() as f64;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         font-family=\"sans-serif\" font-size=\"11\" fill=\"#333\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    for (index, panel) in panels.iter().enumerate() {
        panel.draw(&mut svg, LEFT + (LEFT + WIDTH) * index as f64);
    }
    svg.push_str("</svg>\n");
    svg
}

fn relative(growth: &Growth) -> Panel {
    let lines = growth.costs.iter().map(|(name, costs)| {
        let first = costs[0].total().as_secs_f64();
        ((*name).to_owned(), costs.iter().map(|cost| cost.total().as_secs_f64() / first).collect())
    });
    let lines: Vec<(String, Vec<f64>)> = lines.collect();
    let most = lines.iter().flat_map(|(_, values)| values).fold(1.4, |most: f64, value| most.max(*value));
    Panel {
        title: format!("CPU time, relative. {}", growth.name),
        unit: "",
        sizes: growth.sizes.clone(),
        lines,
        limit: 1.2,
        range: (0.6, (most * 5.0).ceil() / 5.0, 0.2),
    }
}

fn memory(idle: &[IdleService]) -> Panel {
    let line = |service: &IdleService| {
        (service.name.to_owned(), service.rows.iter().map(|row| row.memory as f64).collect())
    };
    Panel {
        title: "Memory beside idle connections".to_owned(),
        unit: " MiB",
        sizes: idle[0].rows.iter().map(|row| row.connections).collect(),
        lines: idle.iter().map(line).collect(),
        limit: 124.0, // 130 MB
        range: (0.0, 200.0, 50.0),
    }
}

impl Panel {
    fn draw(&self, svg: &mut String, left: f64) {
        let (low, high, step) = self.range;
        let y = |value: f64| TOP + HEIGHT * (1.0 - (value.clamp(low, high) - low) / (high - low));
        let logarithm = |size: usize| (size as f64).log10();
        let (first, last) = (logarithm(self.sizes[0]), logarithm(*self.sizes.last().unwrap()));
        let x =
            |size: usize| left + 10.0 + (WIDTH - 20.0) * (logarithm(size) - first) / (last - first).max(1.0);
        let right = left + WIDTH;
        let _ = writeln!(svg, "<text x=\"{left:.1}\" y=\"24\" font-weight=\"bold\">{}</text>", self.title);
        let marks = successors(Some(low), |value| Some(value + step));
        for value in marks.take_while(|value| *value < high + step / 2.0) {
            let text = if step < 1.0 { format!("{value:.1}") } else { format!("{value:.0}") };
            grid(svg, (left, right, y(value)), "#ddd", "");
            label(svg, (left - 4.0, y(value) + 4.0), "end", &format!("{text}{}", self.unit));
        }
        grid(svg, (left, right, y(self.limit)), "#333", " stroke-dasharray=\"4 3\"");
        for size in &self.sizes {
            label(svg, (x(*size), TOP + HEIGHT + 16.0), "middle", &thousands(*size));
        }
        for (index, ((name, values), colour)) in self.lines.iter().zip(COLOURS).enumerate() {
            let points: Vec<(f64, f64)> =
                self.sizes.iter().zip(values).map(|(size, value)| (x(*size), y(*value))).collect();
            let path: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
            let _ = writeln!(
                svg,
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
                path.join(" ")
            );
            for (x, y) in &points {
                let _ = writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>");
            }
            let row = TOP + HEIGHT + 38.0 + LEGEND * index as f64;
            grid(svg, (left, left + 20.0, row - 4.0), colour, " stroke-width=\"2\"");
            label(svg, (left + 26.0, row), "start", name);
        }
    }
}

fn grid(svg: &mut String, (left, right, y): (f64, f64, f64), colour: &str, more: &str) {
    let _ = writeln!(
        svg,
        "<line x1=\"{left:.1}\" x2=\"{right:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"{colour}\"{more}/>"
    );
}

fn label(svg: &mut String, (x, y): (f64, f64), anchor: &str, text: &str) {
    let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>");
}
