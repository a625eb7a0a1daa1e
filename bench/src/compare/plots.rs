//! Plots in SVG: throughput of every operation, and latency against the offered rate.

use super::goals::figure;
use super::plan::{CONNECTIONS, HASH_CONNECTIONS};
use super::results::{Open, Operation, Results, Target};

/// Size of a latency plot.
const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 420.0;
/// Space around the axes: left, right, top and bottom.
const MARGIN: (f64, f64, f64, f64) = (70.0, 130.0, 50.0, 55.0);
/// The height of a bar, and the space between two operations.
const BAR: f64 = 17.0;
const GAP: f64 = 16.0;
/// Where bars begin and end: names are on the left, figures on the right.
const BARS: (f64, f64) = (235.0, 660.0);

/// Returns the plots with their file names.
pub fn all(results: &Results) -> Vec<(&'static str, String)> {
    vec![
        ("throughput.svg", throughput(results)),
        ("latency-get-session.svg", latency(results, Operation::GetSession)),
        ("latency-get-task.svg", latency(results, Operation::GetTask)),
    ]
}

const fn color(target: Target) -> &'static str {
    match target {
        Target::Latchkey => "#0b6e4f",
        Target::BetterAuth => "#c8553d",
        Target::FastApi => "#d99a2b",
        Target::Fastify => "#5b7db1",
        Target::Pgbench | Target::BareActix => "#9a9a9a",
    }
}

/// Bars of each operation. Each group has a scale of its own, since operations differ by a factor of a thousand.
fn throughput(results: &Results) -> String {
    let (mut body, mut y) = (String::new(), 58.0);
    for operation in Operation::ALL {
        let connections = if operation.hashes() { HASH_CONNECTIONS } else { CONNECTIONS };
        let targets = results.targets(operation);
        let rates: Vec<(Target, f64)> = targets
            .iter()
            .filter_map(|target| Some((*target, results.cost(*target, operation, connections)?.rate)))
            .collect();
        let highest = rates.iter().map(|(_, rate)| *rate).fold(0.0, f64::max);
        if highest == 0.0 {
            continue;
        }
        let middle = y + BAR * rates.len() as f64 / 2.0 + 4.0;
        body.push_str(&text(12.0, middle, "start", "bold", operation.name()));
        for (target, rate) in rates {
            let length = (BARS.1 - BARS.0) * rate / highest;
            body.push_str(&text(BARS.0 - 6.0, y + 12.5, "end", "small", target.name()));
            body.push_str(&format!(
                "<rect x=\"{}\" y=\"{}\" width=\"{length:.1}\" height=\"{}\" fill=\"{}\"/>\n",
                BARS.0,
                y + 1.0,
                BAR - 3.0,
                color(target)
            ));
            let label = format!("{}/s", figure(rate));
            body.push_str(&text(BARS.0 + length + 6.0, y + 12.5, "start", "small", &label));
            y += BAR;
        }
        y += GAP;
    }
    let title = text(12.0, 24.0, "start", "title", "Requests per second");
    let note = format!(
        "{CONNECTIONS} connections ({HASH_CONNECTIONS} for sign-in and sign-up), {} cores with PostgreSQL and the load \
         generator; a scale for each operation",
        results.cores
    );
    svg(WIDTH, y, &(title + &text(12.0, 42.0, "start", "small", &note) + &body))
}

/// Lines of p50 and p99 for each server, both axes logarithmic.
fn latency(results: &Results, operation: Operation) -> String {
    let points: Vec<&Open> = results.open.iter().filter(|at| at.operation == operation).collect();
    let x = Axis::around(points.iter().map(|at| at.offered), (MARGIN.0, WIDTH - MARGIN.1));
    let times = points.iter().flat_map(|at| [at.p50, at.p99]);
    let y = Axis::around(times, (HEIGHT - MARGIN.3, MARGIN.2));
    let mut body = text(12.0, 24.0, "start", "title", &format!("Response time of {}", operation.name()));
    body.push_str(&text(
        12.0,
        40.0,
        "start",
        "small",
        "p50 (solid) and p99 (dashed), counted from when a request was due",
    ));
    body.push_str(&grid(&x, &y));
    for target in [Target::Latchkey, Target::BetterAuth, Target::FastApi, Target::Fastify] {
        let of_target: Vec<&&Open> = points.iter().filter(|at| at.target == target).collect();
        for (dashed, time) in [(false, (|at: &Open| at.p50) as fn(&Open) -> f64), (true, |at: &Open| at.p99)]
        {
            let line: Vec<String> = of_target
                .iter()
                .map(|at| format!("{:.1},{:.1}", x.position(at.offered), y.position(time(at))))
                .collect();
            for point in &line {
                let (cx, cy) = point.split_once(',').unwrap();
                body.push_str(&format!(
                    "<circle cx=\"{cx}\" cy=\"{cy}\" r=\"3\" fill=\"{}\"/>\n",
                    color(target)
                ));
            }
            let dash = if dashed { " stroke-dasharray=\"5 4\"" } else { "" };
            body.push_str(&format!(
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"{dash}/>\n",
                line.join(" "),
                color(target)
            ));
        }
    }
    body.push_str(&legend(&points));
    svg(WIDTH, HEIGHT, &body)
}

/// The names of the servers, at the right.
fn legend(points: &[&Open]) -> String {
    let (mut body, mut y) = (String::new(), MARGIN.2 + 14.0);
    for target in [Target::Latchkey, Target::BetterAuth, Target::FastApi, Target::Fastify] {
        if points.iter().any(|at| at.target == target) {
            let left = WIDTH - MARGIN.1 + 14.0;
            body.push_str(&format!(
                "<rect x=\"{left}\" y=\"{}\" width=\"14\" height=\"4\" fill=\"{}\"/>\n",
                y - 6.0,
                color(target)
            ));
            body.push_str(&text(left + 20.0, y, "start", "small", target.name()));
            y += 20.0;
        }
    }
    body
}

/// Lines at round values, with the values.
fn grid(x: &Axis, y: &Axis) -> String {
    let mut body = String::new();
    let (left, right, top, bottom) = (x.from, x.to, y.to, y.from);
    for value in y.steps() {
        let at = y.position(value);
        body.push_str(&format!(
            "<line class=\"grid\" x1=\"{left}\" y1=\"{at:.1}\" x2=\"{right}\" y2=\"{at:.1}\"/>\n"
        ));
        let label = if value < 1e3 { format!("{value} µs") } else { format!("{} ms", value / 1e3) };
        body.push_str(&text(left - 8.0, at + 4.0, "end", "small", &label));
    }
    for value in x.steps() {
        let at = x.position(value);
        body.push_str(&format!(
            "<line class=\"grid\" x1=\"{at:.1}\" y1=\"{top}\" x2=\"{at:.1}\" y2=\"{bottom}\"/>\n"
        ));
        body.push_str(&text(at, bottom + 18.0, "middle", "small", &figure(value)));
    }
    body + &text((left + right) / 2.0, bottom + 40.0, "middle", "small", "offered requests per second")
}

/// A logarithmic axis.
struct Axis {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Axis {
    /// Creates an axis that contains all values, between these two positions.
    fn around(values: impl Iterator<Item = f64>, (from, to): (f64, f64)) -> Self {
        let (low, high) =
            values.fold((f64::MAX, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
        let (low, high) = if low <= 0.0 || low > high { (1.0, 10.0) } else { (low / 1.2, high * 1.2) };
        Self { low: low.ln(), high: high.ln(), from, to }
    }

    fn position(&self, value: f64) -> f64 {
        self.from + (self.to - self.from) * (value.max(f64::EPSILON).ln() - self.low) / (self.high - self.low)
    }

    /// The values 1, 2 and 5 of each power of ten, or only the powers if those would be too close.
    fn steps(&self) -> Vec<f64> {
        let factors: &[f64] = if self.high - self.low > 8.0 { &[1.0] } else { &[1.0, 2.0, 5.0] };
        let powers = (0..9).map(|power| 10_f64.powi(power));
        let all = powers.flat_map(|power| factors.iter().map(move |factor| factor * power));
        all.filter(|value| (self.low..=self.high).contains(&value.ln())).collect()
    }
}

fn text(x: f64, y: f64, anchor: &str, class: &str, content: &str) -> String {
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" class=\"{class}\">{content}</text>\n")
}

/// An image on a white background, which reads the same on a dark page.
fn svg(width: f64, height: f64, body: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\">\n<style>\n\
         text {{ font-family: system-ui, 'Helvetica Neue', Arial, sans-serif; fill: #1f2328; font-size: 13px }}\n\
         .title {{ font-size: 17px; font-weight: 600 }}\n.bold {{ font-weight: 600 }}\n\
         .small {{ font-size: 12px; fill: #3d444d }}\n.grid {{ stroke: #e3e6e9 }}\n</style>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{body}</svg>\n"
    )
}
