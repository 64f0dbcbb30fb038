//! What people do at a terminal, with a real bank at the other end.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use client::{KeyStore, Profile, Session};
use crypto::SecretBytes;
use e2e::{Bank, PASSPHRASE};
use serde_json::{Value, json};
use totp_rs::Totp;

use crate::shell::Shell;

const PASSWORD: &str = "seven green umbrellas";
const EMAIL: &str = "alice@example.org";

/// A person with a terminal, at a bank.
struct Person {
    shell: Shell,
    server: String,
}

impl Person {
    fn at(bank: &Bank) -> Self {
        let shell = Shell::new();
        fs::write(shell.path("passphrase"), PASSPHRASE).unwrap();
        fs::write(shell.path("password"), format!("{PASSWORD}\n")).unwrap();
        fs::write(shell.path("bank.json"), trust_file(bank)).unwrap();
        Self { shell, server: format!("http://{}", bank.addr()) }
    }

    /// A customer who enrolled.
    fn customer(bank: &Bank) -> Self {
        let person = Self::at(bank);
        let enrol = ["enrol", "--trust", "bank.json", "--name", "Alice", "--email", EMAIL];
        assert_eq!(person.tells(&enrol).get("role"), Some(&json!("customer")));
        person
    }

    /// A member of staff, whose keys were made elsewhere.
    fn staff(bank: &Bank, session: &Session) -> Self {
        let person = Self::at(bank);
        let keys = KeyStore::new(person.shell.path("keys"));
        let profile = Profile {
            server: person.server.clone(),
            tls_roots: None,
            trust: bank.trust().clone(),
            identity: Arc::clone(session.identity()),
            session: None,
        };
        let passphrase = SecretBytes::new(PASSPHRASE.as_bytes().to_vec());
        drop(keys.create("staff", &passphrase, &profile).unwrap());
        person
    }

    fn run(&self, args: &[&str]) -> Output {
        self.shell.run(&self.with_globals(args))
    }

    fn with_globals<'a>(&'a self, args: &[&'a str]) -> Vec<&'a str> {
        let globals = [
            "--server",
            &self.server,
            "--passphrase-file",
            "passphrase",
            "--no-input",
            "-o",
            "json",
        ];
        [args, &globals].concat()
    }

    /// What a command that succeeds says.
    fn tells(&self, args: &[&str]) -> Value {
        let output = self.run(args);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{args:?}: {errors}");
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }

    /// The exit code and the code of a failure.
    fn refused(&self, args: &[&str]) -> (i32, Value) {
        let output = self.run(args);
        assert_eq!(output.stdout, b"", "{args:?}");
        let last = String::from_utf8(output.stderr).unwrap();
        let last = last.lines().last().unwrap();
        let error: Value = serde_json::from_str(last).unwrap();
        (output.status.code().unwrap(), error.pointer("/error/code").unwrap().clone())
    }

    fn looks(&self, factor: &[&str]) -> Value {
        let look =
            ["login", "--password", "--email", EMAIL, "--from", "password", "--trust", "bank.json"];
        self.tells(&[&look, factor].concat())
    }
}

fn trust_file(bank: &Bank) -> Vec<u8> {
    fs::read(bank.folder().join("trust.json")).unwrap()
}

fn words(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_shows_the_person_and_a_code_beside_it_the_accounts() {
    let bank = Bank::start().await;
    let alice = Person::customer(&bank);
    alice.tells(&["accounts", "open", "EUR"]);
    let anywhere = Person::at(&bank);
    let look = ["login", "--password", "--email", EMAIL, "--from", "password"];
    assert_eq!(anywhere.refused(&look), (3, json!("credentials-refused")));
    alice.tells(&["password", "set", "--from", "password"]);

    let shown = anywhere.looks(&[]);
    assert_eq!((&shown["level"], &shown["steps_up_with"]), (&json!("1"), &json!([])));
    assert_eq!(shown["accounts"], json!([]));
    assert!(words(&shown["may_use"]).contains(&"mfa"));
    assert!(!words(&shown["may_use"]).contains(&"accounts"));

    let setup = alice.tells(&["mfa", "setup"]);
    let authenticator = Totp::from_url(setup["uri"].as_str().unwrap()).unwrap();
    let code = || {
        let now_s = server::clock::now().get() / 1_000_000;
        authenticator.generate(now_s.try_into().unwrap()).to_string()
    };
    let wrong = (4, json!("second-factor-refused"));
    assert_eq!(alice.refused(&["mfa", "verify", "000000x"]), wrong);
    let codes = alice.tells(&["mfa", "verify", &code()]);
    let codes = words(&codes["recovery_codes"]);
    assert_eq!(codes.len(), 10);

    let shown = anywhere.looks(&[]);
    assert_eq!(shown["level"], "1");
    assert!(words(&shown["steps_up_with"]).contains(&"totp"), "{shown}");
    bank.execute("UPDATE totp_factors SET last_step = 0").await;
    let shown = anywhere.looks(&["--code", &code()]);
    assert_eq!((&shown["level"], &shown["steps_up_with"]), (&json!("2"), &json!([])));
    let accounts = words(&shown["accounts"]);
    assert!(accounts.len() == 1 && accounts[0].ends_with(" 0.00 EUR"), "{accounts:?}");
    assert_eq!(anywhere.looks(&["--recovery-code", codes[0]])["level"], "2");
    let again = [&look[..], &["--recovery-code", codes[0]]].concat();
    assert_eq!(anywhere.refused(&again), (4, json!("second-factor-refused")));

    bank.execute("UPDATE totp_factors SET last_step = 0").await;
    let new = alice.tells(&["mfa", "codes", &code()]);
    assert!(!words(&new["recovery_codes"]).contains(&codes[1]));
    let open = "SELECT count(*) FROM sessions WHERE certificate IS NULL AND revoked_at IS NULL";
    assert_eq!(bank.count(open).await, 0, "a look leaves no session open");
    assert!(!Path::new(&anywhere.shell.path("keys")).exists(), "nothing is kept");
}

/// A command that waits for somebody else, and is ended with its test.
struct Waiting {
    child: Child,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_device_is_let_in_by_its_number_named_and_turned_out() {
    let bank = Bank::start().await;
    let alice = Person::customer(&bank);
    let listed = alice.tells(&["devices", "list"]);
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["this"]), (1, &json!("yes")));
    let user = alice.tells(&["login"])["user"].as_str().unwrap().to_owned();

    let tablet = Person::at(&bank);
    let pair = ["devices", "pair", "--user", &user, "--name", "tablet", "--trust", "bank.json"];
    let mut command = tablet.shell.command(&tablet.with_globals(&pair));
    command.stderr(Stdio::piped()).stdout(Stdio::piped());
    let mut waiting = Waiting { child: command.spawn().unwrap() };
    let mut told = BufReader::new(waiting.child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let text = told.by_ref().find_map(|line| {
        line.trim().strip_prefix("strongroom devices approve ").map(str::to_owned)
    });
    let number = told.by_ref().find_map(|line| {
        let said = line.strip_prefix("both must show ")?;
        said.split_whitespace().next().map(str::to_owned)
    });
    let (text, number) = (text.expect("a text"), number.expect("a number"));
    let wrong = if number == "000000" { "000001" } else { "000000" };
    let approve = ["devices", "approve", &text];
    assert_eq!(alice.refused(&[&approve[..], &["--number", wrong, "--yes"]].concat()).0, 8);
    assert_eq!(alice.refused(&approve).0, 2, "nobody is there to confirm it");
    let approved = alice.tells(&[&approve[..], &["--number", &number, "--yes"]].concat());
    assert_eq!(
        (&approved["outcome"], &approved["match_number"]),
        (&json!("accepted"), &json!(number))
    );
    let enrolled = tokio::task::spawn_blocking(move || waiting.child.wait().unwrap().success());
    assert!(tokio::time::timeout(Duration::from_secs(30), enrolled).await.unwrap().unwrap());

    assert_eq!(tablet.tells(&["login"])["user"], user);
    let device = approved["device"].as_str().unwrap();
    alice.tells(&["devices", "name", device, "on the sofa"]);
    let listed = tablet.tells(&["devices", "list"]);
    assert_eq!((&listed[0]["name"], &listed[0]["this"]), (&json!("on the sofa"), &json!("yes")));

    let revoke = ["devices", "revoke", device, "--reason", "key_compromise"];
    assert_eq!(alice.refused(&revoke).0, 2);
    assert_eq!(alice.tells(&[&revoke[..], &["--yes"]].concat())["outcome"], "accepted");
    assert_eq!(tablet.refused(&["devices", "list"]), (3, json!("session-ended")));
    assert_eq!(tablet.refused(&["login"]), (3, json!("certificate-not-accepted")));
    let (exit, code) = alice.refused(&[&revoke[..], &["--yes"]].concat());
    assert_eq!((exit, code), (7, json!("device-already-ended")));
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_defines_a_role_narrows_a_customer_to_it_and_lifts_that() {
    let bank = Bank::start().await;
    let alice = Person::customer(&bank);
    let admin = Person::staff(&bank, bank.admin().await);
    let user = alice.tells(&["login"])["user"].as_str().unwrap().to_owned();
    let define = ["roles", "define", "reader", "--base", "customer"];
    let define = [&define[..], &["--permissions", "accounts:read,transfers:submit"]].concat();
    assert_eq!(alice.refused(&[&define[..], &["--yes"]].concat()).0, 4);
    assert_eq!(alice.refused(&["roles", "list", "--holders"]).0, 4);
    assert_eq!(admin.refused(&define).0, 2, "nobody is there to confirm it");
    assert_eq!(admin.tells(&[&define[..], &["--yes"]].concat())["role"], "reader");
    let unknown = ["roles", "define", "x", "--base", "customer", "--permissions", "audit:report"];
    let beyond = (5, json!("permissions-beyond-base"));
    assert_eq!(admin.refused(&[&unknown[..], &["--yes"]].concat()), beyond);

    let grant = ["roles", "grant", &user, "reader", "--yes"];
    assert_eq!(admin.tells(&grant)["outcome"], "accepted");
    let custom = admin.tells(&["roles", "list", "--holders"]);
    assert_eq!((&custom[0]["name"], &custom[0]["holders"]), (&json!("reader"), &json!([user])));
    assert_eq!(alice.refused(&["accounts", "open", "EUR"]), (4, json!("permission-denied")));
    let listed = alice.tells(&["roles", "list"]);
    let names: Vec<_> = listed.as_array().unwrap().iter().map(|role| &role["name"]).collect();
    assert_eq!(names, ["customer", "manager", "auditor_clerk", "system_admin", "reader"]);
    admin.tells(&[&grant[..], &["--lift"]].concat());
    alice.tells(&["accounts", "open", "EUR"]);
    assert_eq!(
        admin.tells(&["roles", "define", "reader", "--base", "customer", "--end", "--yes"])["outcome"],
        "accepted"
    );
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_auditor_reads_the_trail_and_keeps_reports_that_prove_themselves() {
    let bank = Bank::start().await;
    let alice = Person::customer(&bank);
    alice.tells(&["accounts", "open", "EUR"]);
    let auditor = Person::staff(&bank, bank.auditor().await);
    assert_eq!(alice.refused(&["audit", "logs"]), (4, json!("forbidden")));
    let user = alice.tells(&["login"])["user"].as_str().unwrap().to_owned();
    let opened = auditor.tells(&["audit", "logs", "--kind", "account.open", "--user", &user]);
    assert_eq!((opened.as_array().unwrap().len(), &opened[0]["user"]), (1, &json!(user)));
    assert_eq!(auditor.tells(&["audit", "logs", "--limit", "2"]).as_array().unwrap().len(), 2);
    assert_eq!(auditor.refused(&["audit", "logs", "--kind", "x"]).0, 5);

    let report = ["audit", "report", "user", &user, "--to-file", "report.json"];
    assert_eq!(auditor.refused(&report).0, 2, "nobody is there to confirm it");
    let made = auditor.tells(&[&report[..], &["--yes"]].concat());
    assert_eq!((&made["outcome"], &made["subject"]), (&json!("accepted"), &json!("user")));
    assert_eq!(auditor.refused(&[&report[..], &["--yes"]].concat()).0, 7, "never over another");

    let verify = ["audit", "verify", "report.json", "--trust", "bank.json"];
    let proved = auditor.tells(&verify);
    assert_eq!((&proved["valid"], &proved["value"]), (&json!(true), &json!(user)));
    assert_eq!(proved["leaves"], made["leaves"]);
    let number = |name: &str| proved[name].as_str().unwrap().parse::<usize>().unwrap();
    assert!(number("signatures_checked") >= 4 && number("links_checked") >= 3, "{proved}");
    assert_eq!(number("certificates_checked"), 1);

    // Whatever word is changed, in the evidence or beside it, the report proves nothing any more.
    let file = auditor.shell.path("report.json");
    let good = fs::read_to_string(&file).unwrap();
    for (from, to) in [
        ("\"kind\":\"account.open\"", "\"kind\":\"account.fund\""),
        ("\"outcome\":\"accepted\"", "\"outcome\":\"refused\""),
        ("\"role\":\"customer\"", "\"role\":\"manager\""),
        ("\"ip\":\"127.0.0.1\"", "\"ip\":\"127.0.0.2\""),
        ("\"edge\":\"first\"", "\"edge\":\"proven\""),
        ("\"kind\":\"user.enrol\"", "\"kind\":\"key.rotate\""),
        ("\"hash\":\"", "\"hash\":\"0"),
    ] {
        let bad = good.replace(from, to);
        if from.starts_with("\"hash") && bad == good {
            continue;
        }
        assert_ne!(bad, good, "{from}");
        fs::write(&file, bad).unwrap();
        assert_eq!(auditor.refused(&verify).0, 8, "{from}");
    }
    fs::write(&file, "{}").unwrap();
    assert_eq!(auditor.refused(&verify).0, 8);
    bank.assert_verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_logs_in_is_told_when_the_key_is_due() {
    let bank = Bank::start().await;
    let alice = Person::customer(&bank);
    let told = |words: &str| {
        let output = alice.run(&["login"]);
        assert!(output.status.success());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said.contains("strongroom keys rotate"), !words.is_empty(), "{said}");
        assert!(said.contains(words), "{said}");
    };
    told("");
    let info = alice.tells(&["keys", "info"]);
    assert_eq!((&info["rotation_due"], &info["status"]), (&json!(false), &json!("active")));
    bank.execute("UPDATE certificates SET not_before = not_before - interval '70 days'").await;
    told("your key is due");
    assert_eq!(alice.tells(&["keys", "info"])["rotation_due"], true);
    bank.execute("UPDATE certificates SET not_before = not_before - interval '20 days'").await;
    told("can only be replaced");
    assert_eq!(alice.tells(&["keys", "rotate", "--yes"])["outcome"], "accepted");
    told("");
}
