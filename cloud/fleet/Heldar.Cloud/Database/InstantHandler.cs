using System.Data;
using System.Runtime.CompilerServices;
using Dapper;
using NodaTime;

namespace Heldar.Cloud.Database;

/// <summary>Lets Dapper read timestamptz columns as NodaTime instants (microseconds, PostgreSQL's resolution) and write them.</summary>
internal sealed class InstantHandler : SqlMapper.TypeHandler<Instant>
{
    // Dapper keeps its handlers in one static table, so they are registered once for the program.
#pragma warning disable CA2255
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Register()
    {
        SqlMapper.AddTypeHandler(new InstantHandler());
        DefaultTypeMap.MatchNamesWithUnderscores = true;
    }

    public override Instant Parse(object value) => Instant.FromDateTimeUtc((DateTime)value);

    public override void SetValue(IDbDataParameter parameter, Instant value)
    {
        parameter.DbType = DbType.DateTime;
        parameter.Value = value.ToDateTimeUtc();
    }
}
