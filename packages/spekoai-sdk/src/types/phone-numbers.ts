/** Phone numbers, and the papers that buying one needs. */

/** Which calls a number is for. */
export type PhoneNumberDirection = 'inbound' | 'outbound' | 'both';

/** Whether the server bought a number, or it came over a SIP trunk. */
export type PhoneNumberSource = 'managed' | 'sip_trunk';

/** How far a number is with its text message campaign. */
export type PhoneNumberSmsAssignmentStatus =
  | 'FAILED_ASSIGNMENT'
  | 'PENDING_ASSIGNMENT'
  | 'ASSIGNED'
  | 'PENDING_UNASSIGNMENT'
  | 'FAILED_UNASSIGNMENT';

/** Whether a number can be used, and what is missing. */
export interface PhoneNumberSetupStatus {
  status: 'ready' | 'action_required' | 'suspended';
  inboundReady: boolean;
  outboundReady: boolean;
  agentReady: boolean;
  forwardingRequired: boolean;
  sipConnectionReady: boolean;
  issues: string[];
}

/** A number, as stored. */
export interface PhoneNumberRow {
  id: string;
  organizationId: string;
  /** As in `+15551234567`. */
  e164: string;
  source: PhoneNumberSource;
  providerResourceId: string | null;
  /** @deprecated Use `providerResourceId`. */
  telnyxPhoneNumberId: string | null;
  sipTrunkId: string | null;
  sipConnectionInstallationId: string | null;
  sipProviderName: string | null;
  direction: PhoneNumberDirection;
  dispatchMetadataTemplate: Record<string, unknown> | null;
  label: string | null;
  sms10dlcProfileId: string | null;
  smsCampaignId: string | null;
  smsAssignmentStatus: PhoneNumberSmsAssignmentStatus | null;
  smsAssignmentUpdatedAt: string | null;
  /** The agent that answers; each has one number at most. */
  agentId: string | null;
  setupStatus: PhoneNumberSetupStatus;
  nextChargeAt: string;
  lastChargedAt: string | null;
  suspendedAt: string | null;
  createdAt: string;
  updatedAt: string;
}

/** A number that can be bought. */
export interface AvailablePhoneNumber {
  e164: string;
  friendlyName: string;
  monthlyCostUsd: number;
  upfrontCostUsd: number;
  features: string[];
  region: { state: string | null; locality: string | null; rateCenter: string | null };
}

/** Parameters of `phoneNumbers.searchAvailable`. */
export interface PhoneNumberSearchParams {
  /** Three digits. */
  areaCode?: string | undefined;
  locality?: string | undefined;
  /** From 1 to 50. Default: 10. */
  limit?: number | undefined;
}

interface PhoneNumberSettings {
  direction?: PhoneNumberDirection | undefined;
  /** Metadata for the sessions of this number; `{{name}}` is filled in. */
  dispatchMetadataTemplate?: Record<string, unknown> | undefined;
  label?: string | undefined;
  /** The agent that answers. */
  agentId?: string | undefined;
}

/** Parameters of `phoneNumbers.create`. */
export interface PhoneNumberCreateParams extends PhoneNumberSettings {
  e164: string;
}

/** Parameters of `phoneNumbers.importSipTrunk`: the trunk, or the installation that has it. */
export type PhoneNumberImportSipTrunkParams = PhoneNumberSettings & {
  e164: string;
  sipProviderName?: string | undefined;
} & (
    | { sipTrunkId: string; sipConnectionInstallationId?: string | undefined }
    | { sipTrunkId?: string | undefined; sipConnectionInstallationId: string }
  );

/** Parameters of `phoneNumbers.update`: what is left out stays, `null` clears. */
export interface PhoneNumberUpdateParams {
  direction?: PhoneNumberDirection | undefined;
  dispatchMetadataTemplate?: Record<string, unknown> | null | undefined;
  label?: string | null | undefined;
  agentId?: string | null | undefined;
}

/** How far the papers of an organization are. */
export type PhoneNumberKybStatus = 'missing' | 'draft' | 'submitted' | 'approved' | 'rejected' | 'revoked';

/** How far papers are that exist. */
export type PhoneNumberKybSubmissionStatus = Exclude<PhoneNumberKybStatus, 'missing'>;

/** Whether the reviewers have been told. */
export type PhoneNumberKybSlackNotificationStatus = 'not_queued' | 'queued' | 'enqueue_failed';

/** Who the organization is. */
export interface PhoneNumberKybBusinessProfile {
  legalName: string;
  displayName: string;
  entityType: string;
  country: string;
  registrationId?: string | undefined;
  website: string;
  address: { street: string; city: string; state: string; postalCode: string; country: string };
  useCase: string;
  expectedUsage: string;
}

/** Who speaks for the organization. */
export interface PhoneNumberKybAuthorizedRepresentative {
  name: string;
  title: string;
  email: string;
  phone?: string | undefined;
}

/** Parameters of `phoneNumbers.saveKybDraft`. */
export interface PhoneNumberKybDraftParams {
  businessProfile: PhoneNumberKybBusinessProfile;
  authorizedRepresentative: PhoneNumberKybAuthorizedRepresentative;
  attestationAccepted?: boolean | undefined;
}

/** Parameters of `phoneNumbers.submitKyb`. */
export interface PhoneNumberKybSubmitParams {
  businessProfile: PhoneNumberKybBusinessProfile;
  authorizedRepresentative: PhoneNumberKybAuthorizedRepresentative;
  attestationAccepted: true;
}

/** Papers, as stored. */
export interface PhoneNumberKybSubmission {
  id: string;
  organizationId: string;
  status: PhoneNumberKybSubmissionStatus;
  businessProfile: PhoneNumberKybBusinessProfile | null;
  authorizedRepresentative: PhoneNumberKybAuthorizedRepresentative | null;
  attestationAccepted: boolean;
  attestedAt: string | null;
  submittedByUserId: string | null;
  submittedByEmail: string | null;
  submittedByApiKeyId: string | null;
  submittedAt: string | null;
  reviewerUserId: string | null;
  reviewerEmail: string | null;
  reviewedAt: string | null;
  rejectionReason: string | null;
  slackNotificationStatus: PhoneNumberKybSlackNotificationStatus;
  slackNotificationJobId: string | null;
  slackNotificationError: string | null;
  createdAt: string;
  updatedAt: string;
}

/** The papers of an organization, and what is known to fill them with. */
export interface PhoneNumberKybOverview {
  status: PhoneNumberKybStatus;
  submission: PhoneNumberKybSubmission | null;
  prefill: {
    businessProfile: PhoneNumberKybBusinessProfile;
    authorizedRepresentative: PhoneNumberKybAuthorizedRepresentative;
  } | null;
}
