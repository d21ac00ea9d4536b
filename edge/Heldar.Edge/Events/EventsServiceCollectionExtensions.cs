using Heldar.Edge.Cameras;
using Heldar.Edge.Store;

namespace Heldar.Edge.Events;

internal static class EventsServiceCollectionExtensions
{
    /// <summary>Registers triggers; call it before the cameras, so that they find the windows of the time before a restart.</summary>
    public static IServiceCollection AddEvents(this IServiceCollection services) => services
        .AddSingleton(s => new EventWindows(s.GetRequiredService<IStoreWriter>(), TimeProvider.System, s.GetRequiredService<ILogger<EventWindows>>()))
        .AddSingleton<IWishSource>(s => s.GetRequiredService<EventWindows>())
        .AddSingleton<EventTriggers>()
        .AddSingleton<IEventTrigger>(s => s.GetRequiredService<EventTriggers>())
        .AddHostedService<EventsService>();
}

/// <summary>Loads the windows before the cameras start, and at the end lets the last ones reach the database.</summary>
internal sealed class EventsService(EventWindows windows) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => windows.LoadAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => windows.SettleAsync(cancellationToken);
}
