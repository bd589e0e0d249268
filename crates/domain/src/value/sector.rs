//! Public service sectors.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// Public service that a mutual delivers, or policy area that a department is responsible for.
    pub enum Sector {
        /// Health care. The sources do not say which kind.
        HealthUnspecified = "health_unspecified" or "health" or "healthcare" or "NHS",
        /// Health care in people's homes and local clinics, such as district nursing, therapies and health
        /// visiting.
        CommunityHealth = "community_health" or "health" or "healthcare" or "NHS"
            or "community healthcare" or "community health services" or "district nursing",
        /// Care and treatment of people with mental health needs.
        MentalHealth = "mental_health" or "health" or "healthcare" or "NHS"
            or "mental healthcare" or "psychological therapies",
        /// General practice, out-of-hours and urgent primary care.
        PrimaryCare = "primary_care" or "GP" or "general practice" or "out of hours" or "primary healthcare"
            or "urgent care",
        /// Dental care.
        Dental = "dental" or "dentistry" or "dental care" or "dental services",
        /// Care and support of adults who need help with daily living.
        AdultSocialCare = "adult_social_care" or "social care" or "social work" or "care" or "adults"
            or "adult care" or "adult services" or "home care" or "domiciliary care",
        /// Protection and care of children, support of their families, fostering and adoption.
        ChildrensSocialCare = "childrens_social_care" or "social care" or "social work" or "care"
            or "children" or "children's services" or "childrens care" or "fostering" or "adoption",
        /// Youth work and services for young people.
        YouthServices = "youth_services" or "youth" or "youth work" or "young people",
        /// Schools, early years and the services that support them.
        Education = "education" or "schools" or "school" or "early years" or "nursery",
        /// Further education, adult learning, skills and careers advice.
        AdultEducationSkills = "adult_education_skills" or "skills" or "adult education" or "adult learning"
            or "further education" or "FE" or "careers" or "training",
        /// Public libraries and archives.
        LibrariesArchives = "libraries_archives" or "library" or "libraries" or "archives"
            or "library services" or "libraries and archives",
        /// Leisure centres, sport and physical activity.
        LeisureSport = "leisure_sport" or "leisure" or "sport" or "sports" or "leisure centres"
            or "leisure and sport",
        /// Museums, arts, theatres and heritage.
        Culture = "culture" or "arts" or "museums" or "heritage" or "theatre" or "theatres"
            or "arts and culture",
        /// Social housing and help for homeless people.
        Housing = "housing" or "homelessness" or "social housing",
        /// Probation, work with offenders and other services of the justice system.
        ProbationJustice = "probation_justice" or "probation" or "justice" or "criminal justice"
            or "offender management" or "youth justice",
        /// Fire and rescue, and the safety training and advice that go with it.
        FireRescue = "fire_rescue" or "fire" or "fire and rescue" or "fire service",
        /// Help for people looking for work.
        EmploymentSupport = "employment_support" or "employment" or "jobs" or "job search"
            or "welfare to work",
        /// Administration of public service pensions.
        PensionsAdministration = "pensions_administration" or "pensions" or "pension administration",
        /// Research and advice on policy.
        PolicyAdvice = "policy_advice" or "policy" or "research" or "policy research",
        /// Care of the environment, parks, nature and farmland.
        EnvironmentConservation = "environment_conservation" or "environment" or "parks" or "conservation"
            or "countryside" or "nature",
        /// A public service that none of the other values covers.
        Other = "other",
    }
}
