CREATE TABLE "assignments" (
	"organization_id" text NOT NULL,
	"kind" text NOT NULL,
	"resource_id" text NOT NULL,
	CONSTRAINT "assignments_organization_id_kind_resource_id_pk" PRIMARY KEY("organization_id","kind","resource_id")
);
--> statement-breakpoint
CREATE TABLE "documents" (
	"id" text PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"title" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"file_name" text NOT NULL,
	"media_type" text NOT NULL,
	"file" "bytea" NOT NULL,
	"search_count" integer DEFAULT 5 NOT NULL,
	"ef_search" integer,
	"state" text DEFAULT 'waiting' NOT NULL,
	"failure" text,
	"processed" boolean DEFAULT false NOT NULL,
	"embedding_model" text,
	"passage_count" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "mcp_servers" (
	"id" text PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"name" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"url" text NOT NULL,
	"transport" text DEFAULT 'streamable_http' NOT NULL,
	"timeout_seconds" double precision DEFAULT 30 NOT NULL,
	"sealed_headers" text,
	"extra_data" jsonb,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "passages" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "passages_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"document_id" text NOT NULL,
	"position" integer NOT NULL,
	"heading" text DEFAULT '' NOT NULL,
	"content" text NOT NULL,
	"search" "tsvector" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "session_templates" (
	"id" text PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"name" text NOT NULL,
	"description" text,
	"capability" jsonb NOT NULL,
	"prompt_id" text,
	"document_id" text,
	"llm_type" text,
	"tts_type" text,
	"stt_type" text,
	"model_style" text,
	"background_image_id" text,
	"mcp_server_ids" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"agent" text,
	"padding_left" double precision,
	"padding_top" double precision,
	"padding_height" double precision,
	"text_normalization_config_id" text,
	"text_normalization_locale" text,
	"stt_text_normalization_config_id" text,
	"stt_text_normalization_locale" text,
	"extra_data" jsonb,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_used_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "text_normalization_configs" (
	"id" text PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"name" text NOT NULL,
	"rules" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "turns" (
	"id" text PRIMARY KEY NOT NULL,
	"session_id" text NOT NULL,
	"question" text NOT NULL,
	"answer" text NOT NULL,
	"passages" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"tool_names" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"outcome" text NOT NULL,
	"duration_ms" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
DROP INDEX "sessions_status";--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "id" text;--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "role" text DEFAULT 'client' NOT NULL;--> statement-breakpoint
UPDATE "api_keys" SET "id" = 'key-' || substr("key_hash", 1, 16), "role" = 'operator';--> statement-breakpoint
ALTER TABLE "api_keys" ALTER COLUMN "id" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "hint" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "organizations" ADD COLUMN "limits" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "organizations" ADD COLUMN "features" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "text_normalization_config_id" text;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "stt_text_normalization_config_id" text;--> statement-breakpoint
ALTER TABLE "assignments" ADD CONSTRAINT "assignments_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "documents" ADD CONSTRAINT "documents_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mcp_servers" ADD CONSTRAINT "mcp_servers_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "passages" ADD CONSTRAINT "passages_document_id_documents_id_fk" FOREIGN KEY ("document_id") REFERENCES "public"."documents"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "session_templates" ADD CONSTRAINT "session_templates_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "text_normalization_configs" ADD CONSTRAINT "text_normalization_configs_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "turns" ADD CONSTRAINT "turns_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "assignments_resource" ON "assignments" USING btree ("kind","resource_id");--> statement-breakpoint
CREATE INDEX "documents_organization" ON "documents" USING btree ("organization_id","created_at");--> statement-breakpoint
CREATE INDEX "mcp_servers_organization" ON "mcp_servers" USING btree ("organization_id","created_at");--> statement-breakpoint
CREATE INDEX "passages_document" ON "passages" USING btree ("document_id","position");--> statement-breakpoint
CREATE INDEX "passages_search" ON "passages" USING gin ("search");--> statement-breakpoint
CREATE INDEX "session_templates_organization" ON "session_templates" USING btree ("organization_id","created_at");--> statement-breakpoint
CREATE INDEX "text_normalization_configs_organization" ON "text_normalization_configs" USING btree ("organization_id","created_at");--> statement-breakpoint
CREATE INDEX "turns_session" ON "turns" USING btree ("session_id","created_at");--> statement-breakpoint
CREATE INDEX "api_keys_organization" ON "api_keys" USING btree ("organization_id","created_at");--> statement-breakpoint
CREATE INDEX "sessions_open" ON "sessions" USING btree ("organization_id","status") WHERE "sessions"."status" <> 'TERMINATED';--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_id_unique" UNIQUE("id");