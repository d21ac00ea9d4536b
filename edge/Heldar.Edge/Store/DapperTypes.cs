using System.Data;
using Dapper;
using Heldar.Contracts;
using NodaTime;

namespace Heldar.Edge.Store;

/// <summary>Teaches Dapper the types that SQLite has no column for: Guid as text, Instant as RFC 3339 text.</summary>
internal static class DapperTypes
{
    private static int _registered;

    public static void Register()
    {
        if (Interlocked.Exchange(ref _registered, 1) != 0) return;
        SqlMapper.AddTypeHandler(new GuidHandler());
        SqlMapper.AddTypeHandler(new InstantHandler());
    }

    private sealed class GuidHandler : SqlMapper.TypeHandler<Guid>
    {
        public override void SetValue(IDbDataParameter parameter, Guid value) => parameter.Value = value.ToString("D");

        public override Guid Parse(object value) => Guid.ParseExact((string)value, "D");
    }

    private sealed class InstantHandler : SqlMapper.TypeHandler<Instant>
    {
        public override void SetValue(IDbDataParameter parameter, Instant value) => parameter.Value = InstantText.Format(value);

        public override Instant Parse(object value) => InstantText.Parse((string)value);
    }
}
