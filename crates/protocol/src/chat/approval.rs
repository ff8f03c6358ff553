//! Answers to approvals. The seed's form says `approved`, its upstream's says `decision`; both are taken.

use garde::Validate;
use macro_rules_attribute::apply;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::parts::ApprovalDecision;
use crate::{
    error::ErrorCode,
    limits::APPROVAL_REASON_UTF16,
    wire::{WireUuid, message, optional::present},
};

/// The answer to an approval (`approval:response`), as the seed has it.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalResponseData {
    /// Which approval.
    pub approval_id: WireUuid,
    /// Yes or no.
    pub approved: bool,
    /// Who answers; the signed-in user counts, not this.
    pub user_id: WireUuid,
    /// Why.
    #[garde(length(utf16, max = APPROVAL_REASON_UTF16))]
    pub reason: Option<String>,
}

/// The answer to an approval with a `decision`.
#[apply(message)]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalDecisionData {
    /// Which approval.
    pub approval_id: WireUuid,
    /// Yes or no.
    pub decision: ApprovalDecision,
    /// Who answers; the signed-in user counts, not this.
    pub user_id: WireUuid,
    /// Why.
    #[garde(length(utf16, max = APPROVAL_REASON_UTF16))]
    pub reason: Option<String>,
}

/// The answer to an approval in either form. One of `approved` and `decision` is there; both must say the same.
// Not `#[apply(message)]`: a rule that speaks of `self` cannot come out of that macro.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Validate)]
#[garde(allow_unvalidated)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-rule" = "one-decision", "allOf" = one_decision()))]
pub struct ApprovalResponse {
    /// Which approval.
    pub approval_id: WireUuid,
    /// Yes or no.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub approved: Option<bool>,
    /// Yes or no.
    #[garde(custom(fits(self.approved)))]
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub decision: Option<ApprovalDecision>,
    /// Who answers; the signed-in user counts, not this.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub user_id: Option<WireUuid>,
    /// Why.
    #[garde(length(utf16, max = APPROVAL_REASON_UTF16))]
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub reason: Option<String>,
}

/// The body of `POST /api/approvals/{id}/respond`. One of `approved` and `decision` is there; both must say the same.
// Not `#[apply(message)]`: a rule that speaks of `self` cannot come out of that macro.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Validate)]
#[garde(allow_unvalidated)]
#[schemars(extend("x-rule" = "one-decision", "allOf" = one_decision()))]
pub struct RespondApprovalRequest {
    /// Yes or no.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub approved: Option<bool>,
    /// Yes or no.
    #[garde(custom(fits(self.approved)))]
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub decision: Option<ApprovalDecision>,
    /// Why.
    #[garde(length(utf16, max = APPROVAL_REASON_UTF16))]
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub reason: Option<String>,
}

/// Neither `approved` nor `decision`, or both and they differ. Its code is `INVALID_DECISION`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDecision {
    /// Neither.
    #[error("is missing; say approved (true or false) or decision (approved or rejected)")]
    Missing,
    /// Both, and they differ.
    #[error("contradicts approved; say one of them")]
    Contradiction,
}

impl InvalidDecision {
    /// The code to answer with.
    pub const CODE: ErrorCode = ErrorCode::InvalidDecision;
}

/// What an answer says.
///
/// # Errors
/// When it says nothing, or both yes and no.
pub fn decide(
    approved: Option<bool>,
    decision: Option<ApprovalDecision>,
) -> Result<ApprovalDecision, InvalidDecision> {
    let approved =
        approved.map(|yes| if yes { ApprovalDecision::Approved } else { ApprovalDecision::Rejected });
    match (approved, decision) {
        (None, None) => Err(InvalidDecision::Missing),
        (Some(a), Some(d)) if a != d => Err(InvalidDecision::Contradiction),
        (Some(said), _) | (None, Some(said)) => Ok(said),
    }
}

/// [`decide`] as a rule of the field `decision`.
fn fits(approved: Option<bool>) -> impl FnOnce(&Option<ApprovalDecision>, &()) -> garde::Result {
    move |decision, ()| decide(approved, *decision).map(drop).map_err(garde::Error::new)
}

/// [`decide`] as JSON Schema; each part names the property `decision`.
fn one_decision() -> serde_json::Value {
    serde_json::json!([
        { "if": { "not": { "required": ["approved"] } }, "then": { "required": ["decision"] } },
        {
            "if": { "required": ["approved"], "properties": { "approved": { "const": true } } },
            "then": { "properties": { "decision": { "const": "approved" } } },
        },
        {
            "if": { "required": ["approved"], "properties": { "approved": { "const": false } } },
            "then": { "properties": { "decision": { "const": "rejected" } } },
        },
    ])
}

impl ApprovalResponse {
    /// What the answer says.
    ///
    /// # Errors
    /// When it says nothing, or both yes and no.
    pub fn decision(&self) -> Result<ApprovalDecision, InvalidDecision> {
        decide(self.approved, self.decision)
    }
}

impl RespondApprovalRequest {
    /// What the answer says.
    ///
    /// # Errors
    /// When it says nothing, or both yes and no.
    pub fn decision(&self) -> Result<ApprovalDecision, InvalidDecision> {
        decide(self.approved, self.decision)
    }
}

impl From<ApprovalResponseData> for ApprovalResponse {
    fn from(data: ApprovalResponseData) -> Self {
        Self {
            approval_id: data.approval_id,
            approved: Some(data.approved),
            decision: None,
            user_id: Some(data.user_id),
            reason: data.reason,
        }
    }
}

impl From<ApprovalDecisionData> for ApprovalResponse {
    fn from(data: ApprovalDecisionData) -> Self {
        Self {
            approval_id: data.approval_id,
            approved: None,
            decision: Some(data.decision),
            user_id: Some(data.user_id),
            reason: data.reason,
        }
    }
}
