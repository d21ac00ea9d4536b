using System.Text.Json.Nodes;

namespace Heldar.Edge.RuntimeSettings;

/// <summary>
/// Settings of one room that people change while the box runs. A room registers a <see cref="SettingsGroup{T}"/> and reads its
/// <see cref="SettingsGroup{T}.Current"/>.
/// </summary>
internal interface ISettingsGroup
{
    /// <summary>The room's word in settings, for example <c>retention</c>.</summary>
    string Name { get; }

    /// <summary>Settings that take effect at the next start only.</summary>
    IReadOnlyCollection<string> NeedRestart { get; }

    /// <summary>What holds now, as people see it.</summary>
    JsonObject Show();

    /// <summary>What was changed at run time, as it is kept.</summary>
    JsonObject Changed { get; }

    /// <summary>
    /// Checks a change without applying it: members replace, null takes a change back to <c>heldar.yaml</c>, what is missing stays.
    /// </summary>
    /// <param name="change">The wanted members.</param>
    /// <param name="problems">Gets every mistake, each naming its setting.</param>
    /// <returns>Puts it in force; null when there are mistakes.</returns>
    SettingsChange? Check(JsonObject change, ICollection<string> problems);
}

/// <summary>A checked change.</summary>
/// <param name="Changed">What is to be kept.</param>
/// <param name="Apply">Puts it in force; never throws.</param>
/// <param name="Members">Settings whose value becomes another one.</param>
internal sealed record SettingsChange(JsonObject Changed, Action Apply, IReadOnlyList<string> Members);
