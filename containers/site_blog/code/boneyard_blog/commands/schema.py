"""boneyard-blog schema show | upgrade | downgrade"""

from boneyard_blog import schema


def add_parser(commands) -> None:
    parser = commands.add_parser("schema", help="show or change the version of the database schema")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    actions.add_parser("show", help="show the versions of the database and of this container").set_defaults(run=_show)
    actions.add_parser("upgrade", help="upgrade to the newest version").set_defaults(run=_upgrade)
    downgrade = actions.add_parser("downgrade", help="downgrade to an earlier version")
    downgrade.add_argument(
        "version",
        choices=("nothing", *schema.VERSIONS),
        metavar="VERSION",
        help=f"{' '.join(schema.VERSIONS)}, or nothing: drops all tables and their data",
    )
    downgrade.set_defaults(run=_downgrade)


def _show(context, options) -> None:
    with context.engine.connect() as connection:
        print(f"database {schema.current_version(connection) or 'empty'}, container {schema.HEAD}")


def _upgrade(context, options) -> None:
    schema.upgrade(context.engine)
    _show(context, options)


def _downgrade(context, options) -> None:
    with context.engine.begin() as connection:
        schema.migrate(connection, None if options.version == "nothing" else options.version)
    _show(context, options)
