//! The workflows of the hosted CI and of releases. They run there and not here; what can be known of them here is
//! checked. Rules list what they find wrong, and are shown faults that they have to find.

use serde_json::{Value, json};

use super::{text, yaml};

const CI: &str = ".github/workflows/ci.yml";
const RELEASE: &str = ".github/workflows/release.yml";

type Rule = fn(&Value) -> Vec<String>;

fn jobs(workflow: &Value) -> impl Iterator<Item = (&String, &Value)> {
    workflow["jobs"].as_object().unwrap().iter()
}

fn steps(workflow: &Value) -> impl Iterator<Item = &Value> {
    jobs(workflow).flat_map(|(_, job)| job["steps"].as_array().into_iter().flatten())
}

/// Requires that the rule has nothing against the workflow as it is, and something against each of the faults.
fn rejects(path: &str, rule: Rule, faults: &[(&str, Value)]) {
    let workflow = yaml(path);
    assert_eq!(rule(&workflow), Vec::<String>::new(), "{path}");
    for (place, value) in faults {
        let mut faulty = workflow.clone();
        let (parent, key) = place.rsplit_once('/').unwrap();
        match faulty.pointer_mut(parent).unwrap_or_else(|| panic!("no {place}")) {
            Value::Object(object) if value.is_null() => drop(object.remove(key)),
            Value::Object(object) => drop(object.insert(key.to_owned(), value.clone())),
            other => panic!("{other}"),
        }
        assert_ne!(faulty, workflow, "{place}: no change");
        assert!(!rule(&faulty).is_empty(), "not found: {place} = {value}");
    }
}

/// Actions are named by a full commit, which nobody can move.
fn pinned(workflow: &Value) -> Vec<String> {
    let calls = jobs(workflow).map(|(_, job)| job);
    let used = steps(workflow).chain(calls).filter_map(|step| step["uses"].as_str());
    let is_commit = |commit: &str| {
        commit.len() == 40 && commit.chars().all(|digit| matches!(digit, '0'..='9' | 'a'..='f'))
    };
    used.filter(|action| {
        let of_this_commit = action.starts_with("./.github/");
        !of_this_commit && !action.split_once('@').is_some_and(|(_, commit)| is_commit(commit))
    })
    .map(str::to_owned)
    .collect()
}

/// Jobs end, run on machines of a known version, and are started by nobody else's code with rights of this repository.
fn bounded(workflow: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for trigger in ["pull_request_target", "workflow_run", "issue_comment"] {
        if workflow["on"].get(trigger).is_some() {
            found.push(trigger.to_owned());
        }
    }
    if workflow["concurrency"]["group"].is_null() {
        found.push("no concurrency group".to_owned());
    }
    for (name, job) in jobs(workflow).filter(|(_, job)| job["uses"].is_null()) {
        let machine = job["runs-on"].to_string();
        if !job["timeout-minutes"].is_u64() || machine.contains("latest") || machine.contains("self-hosted") {
            found.push(name.clone());
        }
    }
    found
}

/// No job keeps a token in its files, and no value of an event becomes part of a script.
fn careful(workflow: &Value) -> Vec<String> {
    let checkouts = steps(workflow).filter(|step| step["uses"].to_string().contains("actions/checkout@"));
    let kept = checkouts.filter(|step| step["with"]["persist-credentials"] != false);
    let pasted = steps(workflow).filter(|step| step["run"].as_str().is_some_and(|run| run.contains("${{")));
    let inherits = jobs(workflow).map(|(_, job)| job).filter(|job| !job["secrets"].is_null());
    kept.chain(pasted).chain(inherits).map(Value::to_string).collect()
}

/// What each job may do.
fn permitted(workflow: &Value) -> Vec<String> {
    let allowed = |name: &str| match name {
        "build" => json!({"contents": "read", "packages": "write"}),
        "scan" => json!({"contents": "read", "packages": "read"}),
        "publish" => json!({"attestations": "write", "id-token": "write", "packages": "write"}),
        "release" => json!({"attestations": "write", "contents": "write", "id-token": "write"}),
        _ => json!({"contents": "read"}),
    };
    let wrong = jobs(workflow).filter(|(name, job)| job["permissions"] != allowed(name));
    let mut found: Vec<_> = wrong.map(|(name, job)| format!("{name}: {}", job["permissions"])).collect();
    if workflow["permissions"] != json!({}) {
        found.push(format!("by default: {}", workflow["permissions"]));
    }
    found
}

/// Nothing is published before the tests and the scans have passed.
fn ordered(workflow: &Value) -> Vec<String> {
    let before = |job: &str, wanted: &[&str]| {
        let needs = super::strings(&workflow["jobs"][job]["needs"]);
        let missing = wanted.iter().filter(|name| !needs.contains(name));
        missing.map(|name| format!("{job} does not wait for {name}")).collect::<Vec<_>>()
    };
    let mut found = before("publish", &["version", "tests", "sources", "build", "scan"]);
    found.extend(before("release", &["publish"]));
    for (name, job) in jobs(workflow) {
        let forced = !job["if"].is_null() || !job["continue-on-error"].is_null();
        found.extend(forced.then(|| format!("{name} runs whatever came before")));
    }
    for step in steps(workflow).filter(|step| step["uses"].to_string().contains("anchore/scan-action@")) {
        let with = &step["with"];
        let fails =
            with["fail-build"] == true && with["severity-cutoff"] == "high" && with["only-fixed"] == true;
        found.extend((!fails || !step["continue-on-error"].is_null()).then(|| step.to_string()));
    }
    found
}

#[test]
fn actions_are_pinned_by_commit_with_the_version_beside_it() {
    for path in [CI, RELEASE] {
        let place = if path == CI { "/jobs/test/steps/0/uses" } else { "/jobs/build/steps/0/uses" };
        rejects(
            path,
            pinned,
            &[
                (place, json!("actions/checkout@v5.0.0")),
                (place, json!("actions/checkout@08c6903")),
                (place, json!("actions/checkout")),
            ],
        );
    }
    let mut versions = std::collections::BTreeMap::new();
    for line in
        [CI, RELEASE].iter().flat_map(|path| text(path).lines().map(str::to_owned).collect::<Vec<_>>())
    {
        let Some((_, action)) = line.split_once("uses: ").filter(|(_, action)| action.contains('@')) else {
            continue;
        };
        let (action, version) = action.split_once(" # v").unwrap_or_else(|| panic!("no version: {line}"));
        assert!(version.split('.').filter(|part| part.parse::<u32>().is_ok()).count() == 3, "{line}");
        let name = action.split('@').next().unwrap().to_owned();
        let known = versions.entry(name).or_insert_with(|| action.to_owned());
        assert_eq!(known, action, "two versions of one action");
    }
    assert!(versions.len() >= 8, "{versions:?}");
}

#[test]
fn jobs_are_bounded_and_careful() {
    for (path, job) in [(CI, "test"), (RELEASE, "release")] {
        let place = |rest: &str| format!("/jobs/{job}/{rest}");
        let (timeout, machine) = (place("timeout-minutes"), place("runs-on"));
        let (script, kept, secrets) = (place("steps/1/run"), place("steps/0/with"), place("secrets"));
        rejects(
            path,
            bounded,
            &[
                (&timeout, Value::Null),
                (&machine, json!("ubuntu-latest")),
                ("/on/pull_request_target", json!({})),
                ("/concurrency", Value::Null),
            ],
        );
        rejects(
            path,
            careful,
            &[
                (&script, json!("echo ${{ github.event.head_commit.message }}")),
                (&kept, json!({"fetch-depth": 0})),
                (&secrets, json!("inherit")),
            ],
        );
        assert!(!text(path).contains("secrets."), "{path}: GitHub's own token is enough");
    }
}

#[test]
fn ci_may_read_the_code_and_nothing_else() {
    let workflow = yaml(CI);
    assert_eq!(workflow["permissions"], json!({"contents": "read"}));
    for (name, job) in jobs(&workflow) {
        assert_eq!(job["permissions"], Value::Null, "{name}");
    }
}

#[test]
fn jobs_of_a_release_may_do_what_they_need() {
    rejects(
        RELEASE,
        permitted,
        &[
            ("/permissions", json!({"contents": "write"})),
            ("/jobs/scan/permissions", Value::Null),
            ("/jobs/build/permissions/id-token", json!("write")),
            ("/jobs/publish/permissions/contents", json!("write")),
            ("/jobs/tests/permissions", json!("write-all")),
        ],
    );
}

#[test]
fn a_release_waits_for_its_tests_and_scans() {
    rejects(
        RELEASE,
        ordered,
        &[
            ("/jobs/publish/needs", json!(["version", "build", "scan", "sources"])),
            ("/jobs/publish/if", json!("always()")),
            ("/jobs/release/needs", json!(["version"])),
            ("/jobs/scan/steps/5/with/fail-build", json!(false)),
            ("/jobs/sources/steps/3/continue-on-error", json!(true)),
        ],
    );
}

#[test]
fn a_scan_ignores_what_nobody_runs_and_nothing_else() {
    let ignored = json!({"ignore": [{"package": {"location": "/usr/local/bin/gosu"}}]});
    assert_eq!(yaml(".github/grype.yaml"), ignored);
    assert_eq!(yaml(RELEASE)["jobs"]["scan"]["env"]["GRYPE_CONFIG"], ".github/grype.yaml");
}

#[test]
fn a_release_has_every_image_for_both_architectures() {
    let workflow = yaml(RELEASE);
    let images = json!(["auth-service", "task-service", "gateway", "deployment"]);
    for job in ["scan", "publish"] {
        assert_eq!(workflow["jobs"][job]["strategy"]["matrix"]["name"], images, "{job}");
    }
    let loops = "for name in auth-service task-service gateway deployment; do";
    assert_eq!(text(RELEASE).matches(loops).count(), 2, "they are built, and listed");
    let machines = workflow["jobs"]["build"]["strategy"]["matrix"]["include"].as_array().unwrap().iter();
    let machines: Vec<_> = machines.map(|it| (it["architecture"].as_str(), it["machine"].as_str())).collect();
    let expected = [("amd64", "ubuntu-24.04"), ("arm64", "ubuntu-24.04-arm")];
    assert_eq!(machines, expected.map(|(architecture, machine)| (Some(architecture), Some(machine))));
}

#[test]
fn both_jobs_run_what_developers_run() {
    let workflow = yaml(CI);
    for (job, wanted) in [("test", ".ci/run"), ("containers", "./dev containers")] {
        let steps = workflow["jobs"][job]["steps"].as_array().unwrap();
        assert!(steps.iter().any(|step| step["run"] == wanted), "{job}: {wanted}");
    }
}

#[test]
fn updates_are_proposed_for_every_lock_file() {
    let updates = yaml(".github/dependabot.yml")["updates"].as_array().unwrap().clone();
    let root = local_stack::workspace::root().unwrap();
    let mut covered = Vec::new();
    for update in &updates {
        let file = match update["package-ecosystem"].as_str().unwrap() {
            "cargo" => "Cargo.lock",
            "npm" => "package-lock.json",
            "gomod" => "go.mod",
            "pip" => "requirements.txt",
            "docker" => "Dockerfile",
            "docker-compose" => "docker-compose.yml",
            "github-actions" => ".github/workflows/ci.yml",
            other => panic!("{other}"),
        };
        let directories =
            super::strings(&update["directories"]).into_iter().chain(update["directory"].as_str());
        for path in directories.map(|directory| format!("{}/{file}", directory.trim_matches('/'))) {
            assert!(root.join(path.trim_start_matches('/')).is_file(), "{path}");
            covered.push(path.trim_start_matches('/').to_owned());
        }
    }
    let tracked = std::process::Command::new("git").arg("ls-files").current_dir(&root).output().unwrap();
    let tracked = String::from_utf8(tracked.stdout).unwrap();
    let names =
        ["Cargo.lock", "package-lock.json", "go.mod", "requirements.txt", "Dockerfile", "docker-compose.yml"];
    for path in tracked.lines().filter(|path| names.contains(&path.rsplit('/').next().unwrap())) {
        assert!(covered.iter().any(|found| found == path), "nobody proposes updates of {path}");
    }
    assert!(covered.len() >= names.len());
}
