using Npgsql;

namespace Heldar.Cloud.Database;

/// <summary>
/// Makes PostgreSQL keep one plan for each prepared statement of a batch. Statements over <c>unnest</c> arrays look cheaper when planned for each call (it then knows
/// the arrays' lengths), and so are planned anew for every message, which costs as much as running them; their plan is the same anyway.
/// </summary>
public static class GenericPlans
{
    /// <summary>Adds the setting as the batch's next command; it ends with the batch's transaction.</summary>
    public static void Append(NpgsqlBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("select set_config('plan_cache_mode', 'force_generic_plan', true)"));
    }
}
