using Heldar.Fleet.Sites;

namespace Heldar.Fleet.Enrolment;

internal static class EnrolmentServiceCollectionExtensions
{
    public static IServiceCollection AddEnrolment(this IServiceCollection services) =>
        services.AddSingleton<SiteDirectory>().AddSingleton<EnrolmentTokens>().AddSingleton<Enroller>();
}
