CREATE TABLE "agent_tools" (
	"id" text PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"agent_id" text NOT NULL,
	"name" text NOT NULL,
	"description" text NOT NULL,
	"parameters" jsonb NOT NULL,
	"source" jsonb NOT NULL,
	"sealed_secrets" text,
	"pre_tool_speech" text DEFAULT 'auto' NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "agents" (
	"id" text PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"name" text NOT NULL,
	"system_prompt" text NOT NULL,
	"voice" text,
	"intent" jsonb NOT NULL,
	"llm_options" jsonb,
	"stack_preferences" jsonb,
	"stt_options" jsonb,
	"tts_options" jsonb,
	"background_audio" jsonb,
	"speech_normalization" jsonb,
	"prompt_variables" jsonb,
	"webhooks" jsonb,
	"idle_re_prompts" jsonb,
	"run_mode" text DEFAULT 'cascade' NOT NULL,
	"first_message" text,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "credit_entries" (
	"id" text PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"kind" text NOT NULL,
	"amount_micro_usd" bigint NOT NULL,
	"metric" text,
	"provider" text,
	"session_id" text,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "knowledge_bases" (
	"id" text PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"agent_id" text NOT NULL,
	"name" text NOT NULL,
	"description" text,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "score_rows" (
	"modality" text NOT NULL,
	"provider_id" text NOT NULL,
	"model_id" text NOT NULL,
	"language" text NOT NULL,
	"region" text DEFAULT 'global' NOT NULL,
	"mode" text NOT NULL,
	"run_id" text NOT NULL,
	"status" text DEFAULT 'production' NOT NULL,
	"warning" text,
	"quality" double precision,
	"latency_ms" double precision,
	"latency_p95_ms" double precision,
	"usd_per_minute" double precision,
	"usd_per_million_input" double precision,
	"usd_per_million_output" double precision,
	"error_rate" double precision,
	"samples" integer,
	"computed_at" timestamp (3) with time zone NOT NULL,
	"imported_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "score_rows_modality_provider_id_model_id_language_region_mode_pk" PRIMARY KEY("modality","provider_id","model_id","language","region","mode")
);
--> statement-breakpoint
CREATE TABLE "usage_records" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "usage_records_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp (3) with time zone NOT NULL,
	"organization_id" text NOT NULL,
	"api_key_id" text,
	"session_id" text,
	"modality" text NOT NULL,
	"provider_id" text NOT NULL,
	"model_id" text NOT NULL,
	"key_source" text NOT NULL,
	"calls" integer NOT NULL,
	"quantity" double precision NOT NULL,
	"cost_micro_usd" double precision
);
--> statement-breakpoint
CREATE TABLE "vendor_keys" (
	"organization_id" text NOT NULL,
	"vendor_id" text NOT NULL,
	"sealed_key" text NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "vendor_keys_organization_id_vendor_id_pk" PRIMARY KEY("organization_id","vendor_id")
);
--> statement-breakpoint
CREATE TABLE "voice_events" (
	"id" text PRIMARY KEY NOT NULL,
	"session_id" text NOT NULL,
	"provider" text NOT NULL,
	"event_type" text NOT NULL,
	"status" text,
	"payload" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"occurred_at" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "voice_sessions" (
	"id" text PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"mode" text NOT NULL,
	"status" text NOT NULL,
	"agent_id" text,
	"pipeline_config" jsonb NOT NULL,
	"sealed_tool_secrets" text,
	"room_name" text,
	"identity" text,
	"language" text,
	"metadata" jsonb,
	"webhook_tags" jsonb,
	"idempotency_key" text,
	"body_hash" text,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "voice_turns" (
	"id" text NOT NULL,
	"session_id" text NOT NULL,
	"index" integer NOT NULL,
	"source" text NOT NULL,
	"text" text NOT NULL,
	"started_at" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone,
	"provider" text,
	"model" text,
	"eou_ms" double precision,
	"llm_ttft_ms" double precision,
	"tts_ttfb_ms" double precision,
	"latency_status" text,
	"conversational_latency_ms" double precision,
	"tool_calls" jsonb DEFAULT '[]'::jsonb NOT NULL,
	CONSTRAINT "voice_turns_session_id_index_pk" PRIMARY KEY("session_id","index")
);
--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "last_used_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "budget_micro_usd" bigint;--> statement-breakpoint
ALTER TABLE "documents" ADD COLUMN "knowledge_base_id" text;--> statement-breakpoint
ALTER TABLE "documents" ADD COLUMN "metadata" jsonb;--> statement-breakpoint
ALTER TABLE "agent_tools" ADD CONSTRAINT "agent_tools_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agent_tools" ADD CONSTRAINT "agent_tools_agent_id_agents_id_fk" FOREIGN KEY ("agent_id") REFERENCES "public"."agents"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agents" ADD CONSTRAINT "agents_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "credit_entries" ADD CONSTRAINT "credit_entries_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "knowledge_bases" ADD CONSTRAINT "knowledge_bases_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "knowledge_bases" ADD CONSTRAINT "knowledge_bases_agent_id_agents_id_fk" FOREIGN KEY ("agent_id") REFERENCES "public"."agents"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "usage_records" ADD CONSTRAINT "usage_records_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "vendor_keys" ADD CONSTRAINT "vendor_keys_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "voice_events" ADD CONSTRAINT "voice_events_session_id_voice_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."voice_sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "voice_sessions" ADD CONSTRAINT "voice_sessions_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "voice_turns" ADD CONSTRAINT "voice_turns_session_id_voice_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."voice_sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "agent_tools_name" ON "agent_tools" USING btree ("agent_id","name");--> statement-breakpoint
CREATE INDEX "agents_organization" ON "agents" USING btree ("organization_id","created_at");--> statement-breakpoint
CREATE INDEX "credit_entries_organization" ON "credit_entries" USING btree ("organization_id","created_at");--> statement-breakpoint
CREATE INDEX "knowledge_bases_agent" ON "knowledge_bases" USING btree ("agent_id","created_at");--> statement-breakpoint
CREATE INDEX "usage_records_organization" ON "usage_records" USING btree ("organization_id","at");--> statement-breakpoint
CREATE INDEX "usage_records_key" ON "usage_records" USING btree ("api_key_id");--> statement-breakpoint
CREATE INDEX "voice_events_session" ON "voice_events" USING btree ("session_id","created_at");--> statement-breakpoint
CREATE INDEX "voice_sessions_organization" ON "voice_sessions" USING btree ("organization_id","created_at");--> statement-breakpoint
CREATE INDEX "voice_sessions_agent" ON "voice_sessions" USING btree ("agent_id","created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "voice_sessions_idempotency" ON "voice_sessions" USING btree ("organization_id","idempotency_key");--> statement-breakpoint
ALTER TABLE "documents" ADD CONSTRAINT "documents_knowledge_base_id_knowledge_bases_id_fk" FOREIGN KEY ("knowledge_base_id") REFERENCES "public"."knowledge_bases"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "documents_knowledge_base" ON "documents" USING btree ("knowledge_base_id","created_at");