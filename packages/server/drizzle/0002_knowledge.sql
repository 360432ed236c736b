CREATE TABLE "document_terms" (
	"document_id" text NOT NULL,
	"edition" integer NOT NULL,
	"term" text NOT NULL,
	"passage_count" integer NOT NULL,
	CONSTRAINT "document_terms_document_id_edition_term_pk" PRIMARY KEY("document_id","edition","term")
);
--> statement-breakpoint
DROP INDEX "passages_document";--> statement-breakpoint
DROP INDEX "passages_search";--> statement-breakpoint
ALTER TABLE "documents" ADD COLUMN "attempt" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "documents" ADD COLUMN "edition" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "passages" ADD COLUMN "edition" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "document_terms" ADD CONSTRAINT "document_terms_document_id_documents_id_fk" FOREIGN KEY ("document_id") REFERENCES "public"."documents"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "passages_document" ON "passages" USING btree ("document_id","edition","position");--> statement-breakpoint
CREATE INDEX "passages_search" ON "passages" USING gin ("search") WITH (fastupdate=false);