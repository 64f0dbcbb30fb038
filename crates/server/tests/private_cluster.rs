//! The supervisor against real server processes.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use server::postgres::{ClusterError, Durability, PrivateCluster, Supervised};
use sqlx::{Connection, PgConnection};

async fn start(folder: &Path) -> Result<PrivateCluster, ClusterError> {
    PrivateCluster::start_with(folder, Durability::ForTestsOnly).await
}

async fn owner(cluster: &PrivateCluster) -> PgConnection {
    PgConnection::connect(cluster.urls().owner.expose()).await.unwrap()
}

async fn setting(cluster: &PrivateCluster, name: &str) -> String {
    sqlx::query_scalar("SELECT current_setting($1)")
        .bind(name)
        .fetch_one(&mut owner(cluster).await)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_second_process_in_the_same_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let first = start(folder.path()).await.unwrap();
    let refused = start(folder.path()).await.unwrap_err();
    assert!(matches!(refused, ClusterError::Locked(_)), "{refused}");
    first.stop().await.unwrap();
    start(folder.path()).await.unwrap().stop().await.unwrap();
}

#[tokio::test]
async fn a_cluster_of_another_major_version_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let data = {
        let cluster = start(folder.path()).await.unwrap();
        let data = cluster.data_folder();
        cluster.stop().await.unwrap();
        data
    };
    fs::write(data.join("PG_VERSION"), "9\n").unwrap();
    let refused = start(folder.path()).await.unwrap_err();
    assert!(matches!(refused, ClusterError::OtherMajor { cluster: 9, .. }), "{refused}");
}

#[tokio::test]
async fn what_was_committed_survives_a_killed_server() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = PrivateCluster::start(folder.path()).await.unwrap();
    let word = sqlx::raw_sql("CREATE TABLE kept AS SELECT 'here'::text AS word");
    word.execute(&mut owner(&cluster).await).await.unwrap();
    kill(Pid::from_raw(cluster.pid()), Signal::SIGKILL).unwrap();
    drop(cluster);
    assert!(folder.path().join("postgres/data/postmaster.pid").exists(), "nothing was killed");
    let cluster = start(folder.path()).await.unwrap();
    let word: String = sqlx::query_scalar("SELECT word FROM kept")
        .fetch_one(&mut owner(&cluster).await)
        .await
        .unwrap();
    assert_eq!(word, "here");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_stale_pid_file_that_names_a_living_stranger_does_not_stop_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = start(folder.path()).await.unwrap();
    let pid_file = cluster.data_folder().join("postmaster.pid");
    let socket = folder.path().join("postgres/socket");
    cluster.stop().await.unwrap();
    // Our own id: alive, and no server. PostgreSQL knows its parents, so this one is judged stale.
    let text = format!(
        "{}\n{}\n1\n5432\n{}\n\n1 1\nready\n",
        std::process::id(),
        pid_file.parent().unwrap().display(),
        socket.display()
    );
    fs::write(&pid_file, text).unwrap();
    let cluster = start(folder.path()).await.unwrap();
    assert_eq!(setting(&cluster, "listen_addresses").await, "");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_server_without_its_supervisor_is_ended_and_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = start(folder.path()).await.unwrap();
    let programs = cluster.programs().clone();
    let data = cluster.data_folder();
    cluster.stop().await.unwrap();
    // Started by hand, so nobody holds the lock: as after the death of a supervisor.
    let account = fs::metadata(&data).unwrap();
    let mut orphan = orphan(&programs.path("postgres"), &data, account.uid(), account.gid());
    let mut orphan = orphan.spawn().unwrap();
    let pid_file = data.join("postmaster.pid");
    while !fs::read_to_string(&pid_file).is_ok_and(|text| text.contains("ready")) {
        assert!(orphan.try_wait().unwrap().is_none(), "the orphan did not start");
        tokio::task::yield_now().await;
    }
    let orphan_ends = tokio::task::spawn_blocking(move || orphan.wait());
    let cluster = start(folder.path()).await.unwrap();
    assert!(orphan_ends.await.unwrap().unwrap().success());
    cluster.stop().await.unwrap();
}

fn orphan(program: &Path, data: &Path, uid: u32, gid: u32) -> Command {
    use std::os::unix::process::CommandExt;
    let mut command = Command::new(program);
    command.args(["-c", "listen_addresses=", "-c", "logging_collector=off", "-D"]).arg(data);
    command.arg("-k").arg(data).current_dir(data).uid(uid).gid(gid).process_group(0);
    command.stderr(Stdio::null());
    command
}

#[tokio::test]
async fn the_durable_settings_are_on_and_nothing_listens_on_tcp() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = PrivateCluster::start(folder.path()).await.unwrap();
    for (name, value) in [
        ("listen_addresses", ""),
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
        ("data_checksums", "on"),
        ("server_encoding", "UTF8"),
        ("unix_socket_permissions", "0700"),
        ("password_encryption", "scram-sha-256"),
    ] {
        assert_eq!(setting(&cluster, name).await, value, "{name}");
    }
    let socket = fs::metadata(folder.path().join("postgres/socket")).unwrap();
    assert_eq!(socket.permissions().mode() & 0o777, 0o700);
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_wrong_password_is_refused_even_on_the_socket() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = start(folder.path()).await.unwrap();
    let url = cluster.urls().owner.expose();
    let (before, after) = url.split_once('@').unwrap();
    let (user, _) = before.rsplit_once(':').unwrap();
    let wrong = format!("{user}:{}@{after}", "0".repeat(64));
    let refused = PgConnection::connect(&wrong).await.unwrap_err();
    let code = refused
        .as_database_error()
        .and_then(|error| error.code().map(std::borrow::Cow::into_owned));
    assert_eq!(code.as_deref(), Some("28P01"), "{refused}");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn stopping_leaves_no_process_and_no_pid_file() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = start(folder.path()).await.unwrap();
    let pid = Pid::from_raw(cluster.pid());
    cluster.stop().await.unwrap();
    assert!(kill(pid, None).is_err());
    assert!(!folder.path().join("postgres/data/postmaster.pid").exists());
}

/// Run by the test below in a process of its own, which is killed.
#[tokio::test]
#[ignore = "a part of `a_server_ends_when_its_supervisor_is_killed`"]
async fn a_supervisor_that_will_be_killed() {
    let folder = std::env::var_os("CLUSTER_FOLDER").unwrap();
    let cluster = start(Path::new(&folder)).await.unwrap();
    println!("\nserver {}", cluster.pid());
    std::future::pending::<()>().await;
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_server_ends_when_its_supervisor_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut supervisor = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_supervisor_that_will_be_killed", "--ignored", "--nocapture"])
        .env("CLUSTER_FOLDER", folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(supervisor.stdout.take().unwrap()).lines();
    let pid = said
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("server ").map(|pid| pid.parse::<i32>().unwrap()))
        .unwrap();
    supervisor.kill().unwrap();
    supervisor.wait().unwrap();
    // The next start waits for the old server, which has got its signal, and nobody else sends one.
    let alive =
        || fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|it| !it.contains(") Z"));
    while alive() {
        tokio::task::yield_now().await;
    }
    let cluster = start(folder.path()).await.unwrap();
    assert_ne!(cluster.pid(), pid);
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_killed_is_started_again_until_its_supervisor_ends() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = PrivateCluster::start(folder.path()).await.unwrap();
    let url = cluster.urls().owner.expose().to_owned();
    let first = cluster.pid();
    let made = "CREATE TABLE kept AS SELECT 'here'::text AS word";
    sqlx::raw_sql(made).execute(&mut owner(&cluster).await).await.unwrap();
    let supervised = Supervised::new(cluster);
    let mut pid = first;
    for _ in 0..2 {
        kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
        pid = within_a_minute(async || {
            let mut connection = PgConnection::connect(&url).await.ok()?;
            let word = "SELECT word || current_setting('data_directory') FROM kept";
            let found: String = sqlx::query_scalar(word).fetch_one(&mut connection).await.ok()?;
            let folder = found.strip_prefix("here").unwrap();
            let pid_file = fs::read_to_string(Path::new(folder).join("postmaster.pid")).ok()?;
            pid_file.lines().next()?.parse().ok().filter(|now: &i32| *now != pid)
        })
        .await;
    }
    supervised.stop().await.unwrap();
    assert!(kill(Pid::from_raw(pid), None).is_err(), "it ends with its supervisor");
}

async fn within_a_minute<T>(probe: impl AsyncFn() -> Option<T>) -> T {
    let found = tokio::time::timeout(std::time::Duration::from_mins(1), async {
        loop {
            if let Some(found) = probe().await {
                return found;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    });
    found.await.unwrap()
}
