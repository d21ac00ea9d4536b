using Heldar.Edge.Cameras;

namespace Heldar.Edge.Jobs;

internal static class JobsServiceCollectionExtensions
{
    /// <summary>Registers the jobs; call it before the cameras, so that they find them.</summary>
    public static IServiceCollection AddJobs(this IServiceCollection services) => services
        .AddSingleton<JobClock>()
        .AddSingleton<JobBook>()
        .AddSingleton<IWishSource>(s => s.GetRequiredService<JobBook>())
        .AddSingleton<JobsService>()
        .AddHostedService(s => s.GetRequiredService<JobsService>());
}
