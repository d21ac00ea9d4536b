using Heldar.Edge.Settings;
using NodaTime;

namespace Heldar.Edge.Access;

internal static class AccessServiceCollectionExtensions
{
    public static IServiceCollection AddAccess(this IServiceCollection services) => services
        .AddSingleton(s => new ApiKeys(s.GetRequiredService<BoxSettings>().DataFolder, s.GetRequiredService<IClock>()))
        .AddSingleton(s => SignedLinks.Open(s.GetRequiredService<BoxSettings>().DataFolder, s.GetRequiredService<IClock>()));
}
