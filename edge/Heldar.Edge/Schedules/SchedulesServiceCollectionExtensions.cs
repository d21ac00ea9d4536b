using Heldar.Edge.Cameras;

namespace Heldar.Edge.Schedules;

internal static class SchedulesServiceCollectionExtensions
{
    /// <summary>Registers the schedules; call it before the cameras, so that they find them.</summary>
    public static IServiceCollection AddSchedules(this IServiceCollection services) => services
        .AddSingleton<ScheduleBook>()
        .AddSingleton<IWishSource>(s => s.GetRequiredService<ScheduleBook>())
        .AddHostedService<SchedulesService>();
}
