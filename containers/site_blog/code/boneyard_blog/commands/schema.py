"""boneyard-blog schema show | upgrade | downgrade"""

from boneyard_blog import schema


def add_parser(commands) -> None:
    parser = commands.add_parser("schema", help="show or move the version of the database's schema")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    actions.add_parser("show", help="show the version, and the one this container knows").set_defaults(run=_show)
    actions.add_parser("upgrade", help="move to the newest version").set_defaults(run=_upgrade)
    downgrade = actions.add_parser("downgrade", help="move back to an earlier version")
    downgrade.add_argument(
        "version",
        choices=("nothing", *schema.VERSIONS),
        metavar="VERSION",
        help=f"{' '.join(schema.VERSIONS)}, or nothing: that drops every table and all that is in it",
    )
    downgrade.set_defaults(run=_downgrade)


def _show(workplace, options) -> None:
    with workplace.engine.connect() as connection:
        print(f"database {schema.current_version(connection) or 'empty'}, container {schema.HEAD}")


def _upgrade(workplace, options) -> None:
    schema.upgrade(workplace.engine)
    _show(workplace, options)


def _downgrade(workplace, options) -> None:
    with workplace.engine.begin() as connection:
        schema.migrate(connection, None if options.version == "nothing" else options.version)
    _show(workplace, options)
