// Console and journal lines in, stages reached and findings out. Works on lines alone: knows no machine and decides no verdict.
export { createDiagnosis, type Diagnosis, type DiagnosisOptions, type Fatal, type Reported } from './diagnosis'
export { causeOf, explainDeadline, type Deadline, type Explanation, type SshView } from './explain'
export { withoutRepeats } from './finding-list'
export { missingFindings } from './policy'
export { rules, type GuestPhase, type Rule } from './rules'
export { comesOfMissingRoot, missesRoot } from './root-disk'
export { isGoingDown, stageOf } from './stages'
export { clean } from './summary'
