//! `docs/permissions.md` says what the tables say.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::fmt::Write;
use std::fs;
use std::path::Path;

use intent::Role;
use server::policy::duties::CONFLICTS;
use server::policy::routes::{Access, Class, ROUTES};
use server::policy::{BASICS, Permission, allows};
use server::rate_limits::{RateLimits, Scope};

/// The page, made from the tables.
fn page() -> String {
    let mut page = "# Permissions\n\nMade from the tables in `crates/server/src/policy/` by `UPDATE_SNAPSHOTS=1 cargo nextest run -p server --test \
        permissions`; a test fails when it is out of date.\n\n## Roles\n\nA custom role is a named subset of one column. Nobody loses what is marked \
        *everybody*.\n\n| permission |".to_owned();
    for role in Role::ALL {
        write!(page, " {role} |").unwrap();
    }
    page.push_str("\n|---|---|---|---|---|\n");
    for permission in Permission::ALL {
        write!(page, "| `{}` |", permission.name()).unwrap();
        for role in Role::ALL {
            let cell = if BASICS.holds(permission) {
                "everybody"
            } else if allows(role, permission) {
                "yes"
            } else {
                ""
            };
            write!(page, " {cell} |").unwrap();
        }
        page.push('\n');
    }
    page.push_str("\n## Duties that one person must not hold together\n\nIn no custom role, and in no person by custom roles.\n\n| one | other | why |\n|---|---|---|\n");
    for pair in CONFLICTS {
        writeln!(page, "| `{}` | `{}` | {} |", pair.one.name(), pair.other.name(), pair.why)
            .unwrap();
    }
    page.push_str("\n## Routes\n\nThe level is that of a customer's session and of a member of staff's; the class says which \
        budget of requests it is counted against.\n\n| method | path | asks for | level | class |\n|---|---|---|---|---|\n");
    for route in ROUTES {
        let asks = match route.access {
            Access::Open => "nothing".to_owned(),
            Access::SignedIn => "a session".to_owned(),
            Access::Own(permission) => {
                format!("a session for one's own; `{}` for others'", permission.name())
            }
            Access::Needs(permission) => format!("`{}`", permission.name()),
            Access::Signs(kind) => {
                format!("a signed `{kind}`, `{}`", Permission::for_kind(kind).name())
            }
        };
        let level = match route.access {
            Access::Open => String::new(),
            _ if route.customer == route.staff => route.staff.to_string(),
            _ => format!("{}, {}", route.customer, route.staff),
        };
        let (method, path, class) = (route.method, route.path, route.class.name());
        writeln!(page, "| {method} | `{path}` | {asks} | {level} | {class} |").unwrap();
    }
    page.push_str("\n## Budgets\n\nRequests and seconds, where `STRONGROOM_RATE_LIMITS` does not say otherwise. All of a budget may be spent at \
        once; it comes back evenly.\n\n| class | from one address | by one person |\n|---|---|---|\n");
    for class in Class::ALL {
        let budget = |scope| match RateLimits::default().budgets().of(class, scope) {
            Some(Some(budget)) => budget.to_string(),
            Some(None) | None => String::new(),
        };
        let (address, user) = (budget(Scope::Address), budget(Scope::User));
        writeln!(page, "| {} | {address} | {user} |", class.name()).unwrap();
    }
    page
}

#[test]
fn the_page_of_permissions_says_what_the_tables_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap()
        .join("docs/permissions.md");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(&path, page()).unwrap();
    }
    let kept = fs::read_to_string(&path).expect("run once with UPDATE_SNAPSHOTS=1");
    assert!(kept == page(), "the tables changed; look at it with UPDATE_SNAPSHOTS=1 and git diff");
}
