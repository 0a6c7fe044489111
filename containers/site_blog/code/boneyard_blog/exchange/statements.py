"""The SQL of an import: one statement for all posts, so that the counting triggers run once and not for each post."""

INCOMING = """
    CREATE TEMPORARY TABLE incoming (
        title text, slug text, summary text, body text, tags text[], published_at timestamptz, deleted_at timestamptz,
        aliases text[], atom_id uuid
    ) ON COMMIT DROP
"""

CHANGED = """
    CREATE TEMPORARY TABLE changed ON COMMIT DROP AS
    SELECT posts.id, incoming.*
    FROM incoming JOIN posts USING (slug)
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(name ORDER BY name), '{}') AS names
        FROM tags JOIN post_tags ON tag_id = tags.id WHERE post_id = posts.id
    ) AS present
    WHERE (posts.title, posts.summary, posts.body, posts.published_at, posts.deleted_at)
          IS DISTINCT FROM (incoming.title, incoming.summary, incoming.body, incoming.published_at, incoming.deleted_at)
       OR names <> ARRAY(SELECT unnest(incoming.tags) ORDER BY 1)
"""
REVISIONS_BEFORE = """
    INSERT INTO post_revisions (post_id, number, title, slug, summary, body, tags, author_id, saved_at)
    SELECT id, revision, posts.title, posts.slug, posts.summary, posts.body,
           ARRAY(SELECT name FROM tags JOIN post_tags ON tag_id = tags.id WHERE post_id = posts.id ORDER BY name),
           posts.author_id, posts.updated_at
    FROM posts JOIN changed USING (id)
    ON CONFLICT DO NOTHING
"""
UPDATE_POSTS = """
    UPDATE posts SET title = changed.title, summary = changed.summary, body = changed.body,
        published_at = changed.published_at, deleted_at = changed.deleted_at,
        revision = posts.revision + 1, updated_at = now()
    FROM changed WHERE changed.id = posts.id
"""
SET_ATOM_IDS = """
    UPDATE posts SET atom_id = incoming.atom_id
    FROM incoming WHERE incoming.slug = posts.slug AND incoming.atom_id IS NOT NULL
"""
ADDED = """
    CREATE TEMPORARY TABLE added ON COMMIT DROP AS
    SELECT slug FROM incoming WHERE NOT EXISTS (SELECT FROM posts WHERE posts.slug = incoming.slug)
"""
INSERT_POSTS = """
    INSERT INTO posts (title, slug, summary, body, published_at, deleted_at, author_id, atom_id)
    SELECT title, slug, summary, body, published_at, deleted_at, :author, atom_id
    FROM incoming JOIN added USING (slug)
    ORDER BY published_at NULLS LAST, slug
"""
FORMER_SLUGS = """
    INSERT INTO former_slugs (slug, post_id)
    SELECT alias, posts.id
    FROM incoming JOIN posts USING (slug) CROSS JOIN LATERAL unnest(aliases) AS former (alias)
    WHERE NOT EXISTS (SELECT FROM posts AS present WHERE present.slug = alias)
    ORDER BY alias, posts.id
    ON CONFLICT DO NOTHING
"""
TAGS = (
    "INSERT INTO tags (name) SELECT DISTINCT unnest(tags) AS name FROM incoming ORDER BY name ON CONFLICT DO NOTHING"
)
REMOVE_TAGS = """
    DELETE FROM post_tags USING changed, tags
    WHERE post_id = changed.id AND tag_id = tags.id AND name <> ALL (changed.tags)
"""
ADD_TAGS = """
    INSERT INTO post_tags (post_id, tag_id)
    SELECT posts.id, tags.id
    FROM incoming JOIN posts USING (slug) CROSS JOIN LATERAL unnest(incoming.tags) AS wanted (name) JOIN tags USING (name)
    ON CONFLICT DO NOTHING
"""
REVISIONS_AFTER = """
    INSERT INTO post_revisions (post_id, number, title, slug, summary, body, tags, author_id)
    SELECT id, revision, posts.title, posts.slug, posts.summary, posts.body, incoming.tags, :author
    FROM posts JOIN incoming USING (slug)
    WHERE slug IN (SELECT slug FROM added UNION ALL SELECT slug FROM changed)
    ON CONFLICT DO NOTHING
"""
