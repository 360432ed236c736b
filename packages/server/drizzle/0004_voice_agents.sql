ALTER TABLE "documents" ADD COLUMN "announced_bytes" integer;--> statement-breakpoint
ALTER TABLE "voice_sessions" ADD COLUMN "sealed_answer" text;--> statement-breakpoint
ALTER TABLE "voice_sessions" ADD COLUMN "ends_at" timestamp (3) with time zone DEFAULT now() NOT NULL;