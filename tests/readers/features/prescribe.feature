Feature: Least privilege
  Scenario: No integration user prescribes
    Given I have accuro_provider_permission defined
    Then it must contain prescribe_for
    And its value must be none
