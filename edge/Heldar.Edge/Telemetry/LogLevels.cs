using Heldar.Edge.RuntimeSettings;

namespace Heldar.Edge.Telemetry;

/// <summary>What the log says, as people change it at run time.</summary>
/// <param name="Level">The least level of the rooms' own lines; libraries stay at warning.</param>
internal sealed record LogLimits(LogLevel Level)
{
    public static LogLimits Default { get; } = new(LogLevel.Information);
}

/// <summary>The level in force; asked for every line that could be written. Thread-safe.</summary>
internal sealed class LogLevels
{
    private volatile int _level = (int)LogLimits.Default.Level;

    public bool Allows(LogLevel level) => (int)level >= _level;

    /// <summary>The group that moves it.</summary>
    public SettingsGroup<LogLimits> Group() => new(
        "log", LogLimits.Default, limits => limits.Level > LogLevel.Error ? ["level must be error or lower: what fails is always said"] : [], limits => _level = (int)limits.Level);
}
