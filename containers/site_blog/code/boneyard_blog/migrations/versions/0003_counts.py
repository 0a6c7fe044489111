"""Counts by month and by tag, kept by triggers: a page's time must not grow with the number of posts.

A post counts as soon as it has a date and is not in the bin. Those dated in the future are few; readers' queries
subtract them. `site_state.version` moves with every change and is what the pages' ETags are made of.

The triggers work on whole statements, so that an import of thousands of posts touches each count once.
"""

from alembic import op

revision = "0003"
down_revision = "0002"

_STATEMENT_TRIGGERS = """
    CREATE TRIGGER {table}_inserted AFTER INSERT ON {table}
        REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION {function}();
    CREATE TRIGGER {table}_updated AFTER UPDATE ON {table}
        REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION {function}();
    CREATE TRIGGER {table}_deleted AFTER DELETE ON {table}
        REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION {function}();
"""


def upgrade():
    op.execute("""
        CREATE TABLE site_state (
            only_row boolean NOT NULL DEFAULT true CONSTRAINT pk_site_state PRIMARY KEY,
            version bigint NOT NULL DEFAULT 1,
            changed_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT ck_site_state_only_row CHECK (only_row)
        );
        INSERT INTO site_state DEFAULT VALUES;

        CREATE TABLE month_counts (
            month date NOT NULL CONSTRAINT pk_month_counts PRIMARY KEY,
            posts integer NOT NULL
        );
        CREATE TABLE tag_counts (
            tag_id bigint NOT NULL CONSTRAINT pk_tag_counts PRIMARY KEY
                CONSTRAINT fk_tag_counts_tag_id REFERENCES tags ON DELETE CASCADE,
            posts integer NOT NULL
        );

        -- The post's date, repeated here so that the newest posts of a tag are one walk along one index.
        ALTER TABLE post_tags ADD COLUMN live_at timestamptz;
        CREATE INDEX ix_post_tags_timeline ON post_tags (tag_id, live_at DESC, post_id DESC) WHERE live_at IS NOT NULL;
    """)
    op.execute("""
        CREATE FUNCTION month_of(moment timestamptz) RETURNS date LANGUAGE sql IMMUTABLE
        RETURN CAST(date_trunc('month', moment AT TIME ZONE 'UTC') AS date);

        CREATE FUNCTION live_at(published_at timestamptz, deleted_at timestamptz) RETURNS timestamptz
        LANGUAGE sql IMMUTABLE
        RETURN CASE WHEN deleted_at IS NULL THEN published_at END;

        CREATE FUNCTION touch_site() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE site_state SET version = version + 1, changed_at = clock_timestamp();
            RETURN NULL;
        END $$;

        CREATE FUNCTION count_posts() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP <> 'DELETE' THEN
                INSERT INTO month_counts AS counted
                SELECT month_of(published_at), count(*) FROM new_rows
                WHERE live_at(published_at, deleted_at) IS NOT NULL GROUP BY 1 ORDER BY 1
                ON CONFLICT (month) DO UPDATE SET posts = counted.posts + excluded.posts;
            END IF;
            IF TG_OP <> 'INSERT' THEN
                INSERT INTO month_counts AS counted
                SELECT month_of(published_at), -count(*) FROM old_rows
                WHERE live_at(published_at, deleted_at) IS NOT NULL GROUP BY 1 ORDER BY 1
                ON CONFLICT (month) DO UPDATE SET posts = counted.posts + excluded.posts;
            END IF;
            IF TG_OP = 'UPDATE' THEN
                UPDATE post_tags SET live_at = live_at(new_rows.published_at, new_rows.deleted_at)
                FROM new_rows
                WHERE post_tags.post_id = new_rows.id
                  AND post_tags.live_at IS DISTINCT FROM live_at(new_rows.published_at, new_rows.deleted_at);
            END IF;
            RETURN NULL;
        END $$;

        CREATE FUNCTION date_post_tag() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            -- The lock makes a publication in another transaction wait, or be seen here.
            SELECT live_at(published_at, deleted_at) INTO NEW.live_at FROM posts WHERE id = NEW.post_id FOR SHARE;
            RETURN NEW;
        END $$;

        CREATE FUNCTION count_post_tags() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP <> 'DELETE' THEN
                INSERT INTO tag_counts AS counted
                SELECT tag_id, count(*) FROM new_rows WHERE live_at IS NOT NULL GROUP BY 1 ORDER BY 1
                ON CONFLICT (tag_id) DO UPDATE SET posts = counted.posts + excluded.posts;
            END IF;
            IF TG_OP <> 'INSERT' THEN
                UPDATE tag_counts SET posts = tag_counts.posts - gone.posts
                FROM (SELECT tag_id, count(*) AS posts FROM old_rows WHERE live_at IS NOT NULL GROUP BY 1) AS gone
                WHERE tag_counts.tag_id = gone.tag_id;
            END IF;
            RETURN NULL;
        END $$;
    """)
    op.execute(_STATEMENT_TRIGGERS.format(table="posts", function="count_posts"))
    op.execute(_STATEMENT_TRIGGERS.format(table="post_tags", function="count_post_tags"))
    op.execute("""
        CREATE TRIGGER post_tags_dated BEFORE INSERT ON post_tags FOR EACH ROW EXECUTE FUNCTION date_post_tag();
        CREATE TRIGGER posts_touch AFTER INSERT OR UPDATE OR DELETE ON posts
            FOR EACH STATEMENT EXECUTE FUNCTION touch_site();
        CREATE TRIGGER post_tags_touch AFTER INSERT OR UPDATE OR DELETE ON post_tags
            FOR EACH STATEMENT EXECUTE FUNCTION touch_site();
    """)
    op.execute("""
        INSERT INTO month_counts
        SELECT month_of(published_at), count(*) FROM posts
        WHERE live_at(published_at, deleted_at) IS NOT NULL GROUP BY 1;

        UPDATE post_tags SET live_at = live_at(posts.published_at, posts.deleted_at)
        FROM posts WHERE posts.id = post_tags.post_id;
    """)
    # The UPDATE above has counted the tags by way of the trigger.


def downgrade():
    op.execute("""
        DROP TRIGGER posts_touch ON posts;
        DROP TRIGGER posts_inserted ON posts;
        DROP TRIGGER posts_updated ON posts;
        DROP TRIGGER posts_deleted ON posts;
        DROP TRIGGER post_tags_touch ON post_tags;
        DROP TRIGGER post_tags_inserted ON post_tags;
        DROP TRIGGER post_tags_updated ON post_tags;
        DROP TRIGGER post_tags_deleted ON post_tags;
        DROP TRIGGER post_tags_dated ON post_tags;
        DROP FUNCTION count_post_tags, date_post_tag, count_posts, touch_site;
        ALTER TABLE post_tags DROP COLUMN live_at;
        DROP FUNCTION live_at, month_of;
        DROP TABLE tag_counts, month_counts, site_state;
    """)
