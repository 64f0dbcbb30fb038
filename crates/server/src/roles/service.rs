//! Why somebody may do something, and who may.

use intent::{Kind, Role, UserId, UtcMicros};

use super::rules::{ROLE_GRANTS, ROLES};
use super::store::{self, GrantRow, PeoplePage, PersonRow};
use crate::Services;
use crate::policy::{self, BASICS, Permission, Permissions};
use crate::problem::Problem;
use crate::registers::{self, Row, Rows};
use crate::sessions::Caller;

/// Why a person may do something, or may not.
pub(super) struct Explanation {
    pub(super) user: UserId,
    pub(super) role: Role,
    pub(super) is_allowed: bool,
    /// Whether the built-in role holds it, and the leaf of the enrolment that gave the role.
    pub(super) built_in: (bool, Option<i64>),
    /// Whether everybody has it.
    pub(super) is_basic: bool,
    /// The custom roles that narrow the person; none: they have all of their built-in role.
    pub(super) grants: Vec<Grant>,
}

/// A custom role in an explanation.
pub(super) struct Grant {
    pub(super) name: String,
    pub(super) holds: bool,
    pub(super) is_active: bool,
    pub(super) granted_at: UtcMicros,
    pub(super) leaf: i64,
}

impl Grant {
    fn of(row: GrantRow, permission: Option<Permission>) -> Self {
        let given = if row.is_active {
            Permissions::from_names(&row.permissions)
        } else {
            Permissions::NONE
        };
        Self {
            holds: permission.is_none_or(|permission| given.holds(permission)),
            name: row.name,
            is_active: row.is_active,
            granted_at: row.granted_at,
            leaf: row.leaf,
        }
    }
}

impl Explanation {
    /// One sentence for a person.
    pub(super) fn sentence(&self) -> String {
        let role = self.role.name();
        let (in_role, leaf) = self.built_in;
        if self.is_basic {
            return "everybody may".to_owned();
        }
        if !in_role {
            return format!(
                "the built-in role {role} does not hold it, and no custom role can give it"
            );
        }
        if self.grants.is_empty() {
            let leaf = leaf.map(|leaf| format!(" (enrolled by leaf {leaf})")).unwrap_or_default();
            return format!(
                "the built-in role {role} holds it{leaf}, and no custom role narrows that"
            );
        }
        match self.grants.iter().find(|grant| grant.holds) {
            Some(grant) => format!(
                "the custom role {} leaves it of the built-in role {role} (granted by leaf {})",
                grant.name, grant.leaf
            ),
            None => {
                format!("no custom role that was granted leaves it of the built-in role {role}")
            }
        }
    }
}

/// Explains what a person may do: the caller, or somebody whom the caller may see.
///
/// It is told from the database as of now, not from what this instance remembers.
pub(super) async fn explain(
    services: &Services,
    caller: &Caller,
    user: UserId,
    permission: Option<Permission>,
) -> Result<Explanation, Problem> {
    let book = services.bank.book;
    let mut tx = services.db.as_user(caller).await?;
    let role = store::role_of(&mut tx, book, user).await?.ok_or_else(Problem::not_found)?;
    drop(tx);
    // Leaf numbers are public; which record is whose is not, and only the auditor's role may look.
    let mut tx = services.db.as_auditor().await?;
    let grants = store::grants_of(&mut tx, book, user).await?;
    let leaf = store::first_leaf(&mut tx, book, user.get(), Kind::UserEnrol.code()).await?;
    tx.commit().await?;
    let grants: Vec<Grant> = grants.into_iter().map(|row| Grant::of(row, permission)).collect();
    let in_role = permission.is_none_or(|permission| policy::allows(role, permission));
    let is_basic = permission.is_none_or(|permission| BASICS.holds(permission));
    let is_left = grants.is_empty() || grants.iter().any(|grant| grant.holds);
    Ok(Explanation {
        user,
        role,
        is_allowed: is_basic || in_role && is_left,
        built_in: (in_role, leaf),
        is_basic,
        grants,
    })
}

/// A custom role with those who hold it, as far as the caller may see either.
pub(super) struct CustomRole {
    pub(super) row: Row,
    pub(super) holders: Vec<String>,
}

/// Every custom role that the caller may see, by name: all of them with the right permission, else those that they hold.
pub(super) async fn custom_roles(
    services: &Services,
    caller: &Caller,
) -> Result<Vec<CustomRole>, Problem> {
    let book = services.bank.book;
    let mut tx = services.db.as_user(caller).await?;
    let mut rows: Rows = registers::load_all(&mut tx, book, &ROLES).await?.into_iter().collect();
    registers::load_all(&mut tx, book, &ROLE_GRANTS)
        .await?
        .into_iter()
        .for_each(|row| rows.put(row));
    tx.commit().await?;
    let holders = |name: &str| {
        let grants = rows.matching(&ROLE_GRANTS, "name", name).filter(|grant| grant.is("granted"));
        grants.filter_map(|grant| grant.get("user_id").map(str::to_owned)).collect()
    };
    let role = |row: &Row| CustomRole { row: row.clone(), holders: holders(&row.key()) };
    let may = caller.permissions;
    let sees_all = may.holds(Permission::UsersRead) || may.holds(Permission::RolesManage);
    Ok(rows.of(&ROLES).map(role).filter(|role| sees_all || !role.holders.is_empty()).collect())
}

/// People whom the caller may see, by id.
pub(super) async fn people(
    services: &Services,
    caller: &Caller,
    page: &PeoplePage<'_>,
) -> Result<Vec<PersonRow>, Problem> {
    let mut tx = services.db.as_user(caller).await?;
    let people = store::people(&mut tx, services.bank.book, page).await?;
    tx.commit().await?;
    Ok(people)
}
