namespace Heldar.Edge.RuntimeSettings;

internal static class RuntimeSettingsServiceCollectionExtensions
{
    /// <summary>Registers settings that change at run time; call it before rooms that read them, so that what was kept holds when they start.</summary>
    public static IServiceCollection AddRuntimeSettings(this IServiceCollection services) => services
        .AddSingleton<SettingsBook>()
        .AddHostedService<SettingsLoader>();

    /// <summary>Registers the group of a room.</summary>
    public static IServiceCollection AddSettingsGroup<T>(this IServiceCollection services, Func<IServiceProvider, SettingsGroup<T>> make)
        where T : class => services
        .AddSingleton(make)
        .AddSingleton<ISettingsGroup>(s => s.GetRequiredService<SettingsGroup<T>>());
}

/// <summary>Puts in force what was kept, before the rooms start.</summary>
internal sealed class SettingsLoader(SettingsBook book) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => book.LoadAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
