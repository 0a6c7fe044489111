"""Full-text search over titles and bodies, and the words from which a mistyped search is corrected.

Titles have a column of their own: of very many matches, those in a title are found without ranking them all.
"""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade():
    op.execute("""
        CREATE EXTENSION IF NOT EXISTS pg_trgm;

        ALTER TABLE posts ADD COLUMN search tsvector NOT NULL GENERATED ALWAYS AS (
            setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', body), 'C')
        ) STORED, ADD COLUMN title_search tsvector NOT NULL GENERATED ALWAYS AS (
            to_tsvector('english', title)
        ) STORED;
        CREATE INDEX ix_posts_search ON posts USING gin (search);
        CREATE INDEX ix_posts_title_search ON posts USING gin (title_search);

        CREATE TABLE search_words (word text NOT NULL CONSTRAINT pk_search_words PRIMARY KEY);
        CREATE INDEX ix_search_words_trigrams ON search_words USING gin (word gin_trgm_ops);
    """)
    op.execute(r"""
        CREATE FUNCTION collect_search_words() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO search_words
            SELECT DISTINCT word
            FROM new_rows
            CROSS JOIN LATERAL unnest(tsvector_to_array(to_tsvector('simple', title || ' ' || body))) AS words (word)
            WHERE live_at(published_at, deleted_at) IS NOT NULL
              AND length(word) BETWEEN 3 AND 30 AND word !~ '[[:digit:][:punct:]]'
            ORDER BY word
            ON CONFLICT DO NOTHING;
            RETURN NULL;
        END $$;

        CREATE TRIGGER posts_words_inserted AFTER INSERT ON posts
            REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION collect_search_words();
        CREATE TRIGGER posts_words_updated AFTER UPDATE ON posts
            REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION collect_search_words();

        -- Posts that are there already pass through the trigger once.
        UPDATE posts SET title = title;
    """)


def downgrade():
    op.execute("""
        DROP TRIGGER posts_words_inserted ON posts;
        DROP TRIGGER posts_words_updated ON posts;
        DROP FUNCTION collect_search_words;
        DROP TABLE search_words;
        ALTER TABLE posts DROP COLUMN search, DROP COLUMN title_search;
        DROP EXTENSION pg_trgm;
    """)
