//! Public service sectors.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// Public service that a mutual delivers, or policy area that a department is responsible for.
    pub enum Sector {
        /// Health care. The sources do not say which kind.
        HealthUnspecified = "health_unspecified",
        /// Health care in people's homes and local clinics, such as district nursing, therapies and health
        /// visiting.
        CommunityHealth = "community_health",
        /// Care and treatment of people with mental health needs.
        MentalHealth = "mental_health",
        /// General practice, out-of-hours and urgent primary care.
        PrimaryCare = "primary_care",
        /// Dental care.
        Dental = "dental",
        /// Care and support of adults who need help with daily living.
        AdultSocialCare = "adult_social_care",
        /// Protection and care of children, support of their families, fostering and adoption.
        ChildrensSocialCare = "childrens_social_care",
        /// Youth work and services for young people.
        YouthServices = "youth_services",
        /// Schools, early years and the services that support them.
        Education = "education",
        /// Further education, adult learning, skills and careers advice.
        AdultEducationSkills = "adult_education_skills",
        /// Public libraries and archives.
        LibrariesArchives = "libraries_archives",
        /// Leisure centres, sport and physical activity.
        LeisureSport = "leisure_sport",
        /// Museums, arts, theatres and heritage.
        Culture = "culture",
        /// Social housing and help for homeless people.
        Housing = "housing",
        /// Probation, work with offenders and other services of the justice system.
        ProbationJustice = "probation_justice",
        /// Fire and rescue, and the safety training and advice that go with it.
        FireRescue = "fire_rescue",
        /// Help for people looking for work.
        EmploymentSupport = "employment_support",
        /// Administration of public service pensions.
        PensionsAdministration = "pensions_administration",
        /// Research and advice on policy.
        PolicyAdvice = "policy_advice",
        /// Care of the environment, parks, nature and farmland.
        EnvironmentConservation = "environment_conservation",
        /// A public service that none of the other values covers.
        Other = "other",
    }
}
