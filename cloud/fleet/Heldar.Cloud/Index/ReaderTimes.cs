using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Index;

/// <summary>Times of a row that is read by the number of its column.</summary>
internal static class ReaderTimes
{
    /// <summary>A <c>timestamptz</c> that is not null.</summary>
    public static Instant At(this NpgsqlDataReader reader, int column) => Instant.FromDateTimeUtc(reader.GetDateTime(column));
}
