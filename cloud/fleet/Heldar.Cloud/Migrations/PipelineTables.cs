using System.Collections.Frozen;

namespace Heldar.Cloud.Migrations;

/// <summary>
/// What the functions' role may do with each table. It owns those whose partitions it makes and drops, which their owner alone may; it knows nothing of people, sessions,
/// enrolment, the audit trail and the fleet's private keys.
/// </summary>
internal static class PipelineTables
{
    private const string Nothing = "";
    private const string Owns = "owner";
    private const string Reads = "select";
    private const string Mends = "select, update";
    private const string Adds = "select, insert, update";
    private const string Writes = "select, insert, update, delete";

    /// <summary>Every table of the schema, with the privileges that are granted; <see cref="IsOwned"/> for those that the role owns.</summary>
    public static FrozenDictionary<string, string> Rights { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["segment_landing"] = Owns,
        ["span"] = Owns,
        ["span_list"] = Owns,
        ["detection"] = Owns,
        ["zone_event"] = Owns,
        ["snapshot"] = Owns,
        ["coverage"] = Owns,

        ["box_batch"] = Writes,
        ["breaker"] = Writes,
        ["camera_progress"] = Writes,
        ["camera_state"] = Writes,
        ["coverage_clock"] = Writes,
        ["coverage_due"] = Writes,
        ["fold_change"] = Writes,
        ["fold_due"] = Writes,
        ["fold_failure"] = Writes,
        ["fold_state"] = Writes,
        ["gap"] = Writes,
        ["hold"] = Writes,
        ["index_due"] = Writes,
        ["index_version"] = Writes,
        ["manifest_replaced"] = Writes,
        ["segment_conflict"] = Writes,
        ["timer_run"] = Writes,
        ["tombstone"] = Writes,
        ["webhook_attempt"] = Writes,
        ["webhook_delivery"] = Writes,
        ["webhook_event"] = Writes,

        ["camera"] = Adds,
        ["dead_letter"] = Adds,

        ["box"] = Mends,
        ["webhook_endpoint"] = Mends,

        ["box_key"] = Reads,
        ["schema_version"] = Reads,
        ["site"] = Reads,
        ["tenant"] = Reads,
        ["webhook_subscription"] = Reads,
        // Not the private half, sealed as it is.
        ["cloud_key"] = "select (key_id, public_key, created_at, retired_at)",

        ["audit"] = Nothing,
        ["box_tunnel"] = Nothing,
        ["data_protection_key"] = Nothing,
        ["enrolment_token"] = Nothing,
        ["person"] = Nothing,
        ["poster"] = Nothing,
        ["session"] = Nothing,
        ["setup_code"] = Nothing,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The version of the index that is being built, and the one before this, while they exist.</summary>
    private static readonly FrozenSet<string> _versions = FrozenSet.Create(StringComparer.Ordinal, "span_next", "span_list_next", "span_old", "span_list_old");

    /// <summary>Functions of the schema that the role may call.</summary>
    public const string Functions = "heldar_snapshot_before(xid)";

    public static bool IsOwned(string table) => Rights.GetValueOrDefault(table) == Owns || _versions.Contains(table);
}
