//! The Dockerfile, and every image by its tag.

use std::process::Command;

use super::{services, strings, text};

/// One instruction of a Dockerfile with its continuation lines.
fn instructions() -> Vec<(String, String)> {
    let text = text("Dockerfile").replace("\\\n", " ");
    let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    lines
        .map(|line| line.split_once(' ').unwrap())
        .map(|(verb, rest)| (verb.to_owned(), rest.to_owned()))
        .collect()
}

/// The instructions of the stage of this name.
pub(super) fn stage(name: &str) -> Vec<(String, String)> {
    let mut inside = false;
    let mut found = instructions();
    found.retain(|(verb, rest)| {
        if verb == "FROM" {
            inside = rest.ends_with(&format!(" AS {name}"));
        }
        inside
    });
    assert!(!found.is_empty(), "no stage {name}");
    found
}

pub(super) fn only(stage: &[(String, String)], verb: &str) -> String {
    let found: Vec<_> = stage.iter().filter(|(found, _)| found == verb).collect();
    assert_eq!(found.len(), 1, "{verb} of {stage:?}");
    found.first().unwrap().1.clone()
}

/// `package.rust-version` and the like of the workspace.
fn workspace_value(key: &str) -> String {
    let text = text("Cargo.toml");
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("{key} = "))).unwrap();
    line.trim_matches('"').to_owned()
}

#[test]
fn every_image_is_pinned_by_version() {
    let mut images: Vec<String> =
        services().values().filter_map(|service| service["image"].as_str().map(str::to_owned)).collect();
    images.retain(|image| !image.starts_with("latchkey/"));
    let from = instructions().into_iter().filter(|(verb, _)| verb == "FROM");
    images.extend(from.map(|(_, rest)| rest.split(' ').next().unwrap().to_owned()));
    images.retain(|image| !["rust", "dependencies"].contains(&image.as_str()));
    assert_eq!(images.len(), 7, "{images:?}");
    for image in &images {
        let (name, tag) = image.rsplit_once(':').unwrap_or_else(|| panic!("{image} has no tag"));
        // Distroless has its version in the name: `cc-debian13`.
        let version = if name.starts_with("gcr.io/distroless/") { name } else { tag };
        assert!(version.contains(|letter: char| letter.is_ascii_digit()), "{image}");
        assert!(!tag.contains("latest"), "{image}");
    }
    let postgres: Vec<_> = images.iter().filter(|image| image.starts_with("postgres:")).collect();
    assert_eq!(postgres.len(), 2);
    assert!(
        postgres
            .iter()
            .all(|image| *image == *postgres.first().unwrap() && image.starts_with("postgres:17."))
    );
}

#[test]
fn the_build_uses_the_workspace_toolchain_and_lock_file() {
    let rust = stage("rust");
    let image = only(&rust, "FROM");
    let wanted = format!("rust:{}.", workspace_value("rust-version"));
    assert!(image.starts_with(&wanted), "{image} for rust-version {wanted}");
    // A changed line of ours leaves the dependencies alone: they come before any source.
    let dependencies = stage("dependencies");
    let before_sources: Vec<_> = dependencies
        .iter()
        .take_while(|(verb, what)| verb != "COPY" || what.starts_with("--from=recipe "))
        .collect();
    assert!(
        before_sources
            .iter()
            .any(|(_, what)| what.contains("cargo chef cook --profile \"$PROFILE\" --locked"))
    );
    for name in ["auth-service", "task-service"] {
        let build = stage(&format!("build-{name}"));
        assert_eq!(only(&build, "FROM"), format!("dependencies AS build-{name}"));
        // The other's sources are no reason to build this one.
        let database = if name == "auth-service" { "migrations/auth" } else { "migrations/tasks" };
        let copied = build.iter().filter(|(verb, _)| verb == "COPY").map(|(_, what)| what.clone());
        // Only auth-service hashes passwords.
        let hashing = if name == "auth-service" { Some("eksblowfish") } else { None };
        let expected = [Some(database), hashing, Some(name)].into_iter().flatten();
        let expected: Vec<_> = expected.map(|source| format!("{source} {source}")).collect();
        assert_eq!(copied.collect::<Vec<_>>(), expected);
        assert!(only(&build, "RUN").contains("cargo build --profile \"$PROFILE\" --locked"));
    }
    assert_eq!(only(&dependencies, "ARG"), "PROFILE=image");
    assert!(text("Cargo.toml").contains("[profile.image]"));
    assert!(text(".github/workflows/release.yml").contains("--build-arg PROFILE=release"));
    // A static program runs where there is no C library.
    assert!(
        rust.iter().any(|(verb, what)| verb == "RUN" && what.starts_with("release-config.sh /source >>"))
    );
    assert!(text("deployment/release-config.sh").contains("-Ctarget-feature=+crt-static"));
}

/// Programs contain no path of the machine that built them, so that anybody can build the same ones.
#[test]
fn releases_are_built_without_the_paths_of_the_machine() {
    let script = local_stack::workspace::root().unwrap().join("deployment/release-config.sh");
    let run = |checkout: &str, cargo: &str| {
        Command::new("sh").arg(&script).arg(checkout).env("CARGO_HOME", cargo).output().unwrap()
    };
    let printed = run("/here", "/there");
    assert!(printed.status.success(), "{printed:?}");
    let config = String::from_utf8(printed.stdout).unwrap();
    for part in [
        "--remap-path-prefix=/here=/source",
        "--remap-path-prefix=/there=/cargo",
        "-ffile-prefix-map=/here=/source",
        "-ffile-prefix-map=/there=/cargo",
        "-Wl,--build-id=none",
    ] {
        assert!(config.contains(part), "no {part} in\n{config}");
    }
    for (checkout, cargo) in [("/a directory", "/there"), ("/here", "/a\"quote")] {
        let refused = run(checkout, cargo);
        assert_eq!((refused.status.code(), refused.stdout.len()), (Some(2), 0), "{refused:?}");
    }
    // What is checked is what is released.
    let script = text("deployment/reproducible-build.sh");
    assert!(script.contains("deployment/release-config.sh") && script.contains("--package \"$program\""));
}

/// The macro `route` of actix-web takes its methods from a `HashSet`, whose order differs in each build. `routes` keeps it.
#[test]
fn no_route_is_generated_in_a_random_order() {
    let root = local_stack::workspace::root().unwrap();
    let mut git = Command::new("git");
    git.args([
        "grep",
        "--line-number",
        "#\\[route(",
        "--",
        "auth-service/src",
        "task-service/src",
        "service-kit/src",
    ]);
    let found = git.current_dir(root).output().unwrap();
    // 1: nothing was found.
    assert_eq!(found.status.code(), Some(1), "{}", String::from_utf8_lossy(&found.stdout));
}

#[test]
fn the_services_run_as_users_of_their_own_and_without_a_shell() {
    let services = services();
    for (name, port) in [("auth-service", "8081"), ("task-service", "8082")] {
        let stage = stage(name);
        let program = format!("/usr/local/bin/{name}");
        assert!(only(&stage, "FROM").starts_with("gcr.io/distroless/static-"));
        assert_eq!(only(&stage, "COPY"), format!("--from=build-{name} /programs/{name} {program}"));
        assert_eq!(only(&stage, "ENTRYPOINT"), format!("[\"{program}\"]"));
        assert_eq!(only(&stage, "CMD"), "[\"serve\"]");
        assert_eq!(only(&stage, "EXPOSE"), port);
        assert!(only(&stage, "ENV").split(' ').any(|value| value == format!("BIND=0.0.0.0:{port}")));
        let service = services.get(name).unwrap();
        assert_eq!(service["user"].as_str(), Some(only(&stage, "USER").as_str()));
        assert_eq!(service["build"]["target"], name);
        assert_eq!(strings(&service["healthcheck"]["test"]), ["CMD", &program, "healthcheck"]);
        assert!(stage.iter().all(|(verb, _)| verb != "RUN"), "there is nothing to run it with");
    }
}

#[test]
fn the_build_context_holds_every_workspace_member_and_nothing_private() {
    let ignore = text(".dockerignore");
    let kept: Vec<_> = ignore.lines().filter_map(|line| line.strip_prefix('!')).collect();
    assert_eq!(ignore.lines().find(|line| !line.starts_with('#')), Some("*"), "first of all nothing");
    let members = workspace_value("members");
    let members = members.trim_matches(['[', ']']).split(',').map(|name| name.trim().trim_matches('"'));
    for member in members.chain(["Cargo.toml", "Cargo.lock", "deployment", "migrations", "web", "gateway"]) {
        assert!(kept.contains(&member), ".dockerignore leaves out {member}");
    }
    for private in [".git", ".local", ".env", "target"] {
        assert!(!kept.contains(&private), "{private}");
    }
    // What is made on a developer's machine is no part of an image, which makes its own.
    for made in ["**/node_modules", "web/.next", "web/out"] {
        assert!(ignore.lines().skip_while(|line| *line != "!web").any(|line| line == made), "{made}");
    }
}

#[test]
fn what_runs_once_finds_its_scripts_in_the_image_whatever_the_umask_of_the_checkout() {
    let stage = stage("deployment");
    let copied: Vec<_> =
        stage.iter().filter(|(verb, _)| verb == "COPY").map(|(_, what)| what.as_str()).collect();
    let expected = [
        "--chmod=0755 deployment/secrets.sh deployment/databases.sh /deployment/",
        "--chmod=0644 migrations/databases.sql /deployment/databases.sql",
    ];
    assert_eq!(copied, expected);
    for (name, script) in [("secrets", "secrets.sh"), ("databases", "databases.sh")] {
        let service = &services()[name];
        assert_eq!(strings(&service["entrypoint"]), ["/bin/sh", &format!("/deployment/{script}")]);
        assert_eq!(service["image"], "latchkey/deployment:dev");
        assert_eq!(
            strings(&service["tmpfs"]),
            ["/var/lib/postgresql/data"],
            "{name} leaves an anonymous volume"
        );
    }
}
